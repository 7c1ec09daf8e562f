package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/live/wire"
)

func TestTimesAreInUTCWithMilliseconds(t *testing.T) {
	w := newWorld(t, false)
	got := w.do(t, request{"bilal", "GET " + messages, "", ""})
	if !regexp.MustCompile(`"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"`).MatchString(got.body) {
		t.Errorf("got %s", got.body)
	}
}

func TestRetryAfterIsInWholeSecondsAndNeverTooEarly(t *testing.T) {
	a := &API{Options: Options{Log: slog.New(slog.DiscardHandler)}}
	for _, c := range []struct {
		wait    time.Duration
		ms      int64
		seconds string
	}{{0, 0, ""}, {1, 1, "1"}, {999 * time.Millisecond, 999, "1"}, {1001 * time.Millisecond, 1001, "2"}, {time.Minute, 60000, "60"}} {
		p := a.problem(t.Context(), "x", &chat.Error{Code: chat.RateLimited, RetryAfter: c.wait})
		if got := p.GetHeaders().Get("Retry-After"); p.RetryAfter != c.ms || got != c.seconds {
			t.Errorf("%v: got %d ms and %q s, want %d and %q", c.wait, p.RetryAfter, got, c.ms, c.seconds)
		}
	}
}

func TestEveryCodeHasAStatus(t *testing.T) {
	a := &API{Options: Options{Log: slog.New(slog.DiscardHandler)}}
	for code, want := range map[chat.Code]struct {
		status int
		code   string
	}{
		chat.Unauthenticated: {401, "unauthenticated"}, chat.Forbidden: {403, "forbidden"}, chat.Closed: {403, "forbidden"},
		chat.NotFound: {404, "not_found"}, chat.Conflict: {409, "conflict"}, chat.TooLarge: {413, "too_large"},
		chat.UnsupportedMedia: {415, "unsupported_media"}, chat.Invalid: {422, "invalid"}, chat.Empty: {422, "invalid"},
		chat.TooLong: {422, "invalid"}, chat.BadText: {422, "invalid"}, chat.BadFrame: {422, "invalid"},
		chat.RateLimited: {429, "rate_limited"}, chat.Unavailable: {503, "unavailable"}, "": {503, "unavailable"},
	} {
		p := a.problem(t.Context(), "x", fmt.Errorf("wrapped: %w", &chat.Error{Code: code, Field: "f"}))
		if p.Status != want.status || p.Code != want.code || p.Field != "f" {
			t.Errorf("%s: got %d %s, want %d %s", code, p.Status, p.Code, want.status, want.code)
		}
	}
}

func TestAClientThatHasGoneIsNotLogged(t *testing.T) {
	var log bytes.Buffer
	a := &API{Options: Options{Log: slog.New(slog.NewTextHandler(&log, nil))}}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_ = a.problem(gone, "x", context.Canceled) // only the log counts here
	if log.Len() > 0 {
		t.Errorf("got %s", &log)
	}
	late, stop := context.WithTimeout(t.Context(), 0)
	defer stop()
	_ = a.problem(late, "x", late.Err())
	if strings.Count(log.String(), "\n") != 1 {
		t.Errorf("got %q for a call that took too long, want one line", &log)
	}
}

func TestWhatIsMissingIsDocumentedToo(t *testing.T) {
	c := newContract(t, newWorld(t, false))
	for name, shape := range map[string]any{
		"User":         wire.UserOf(chat.User{ID: 1, ClosedAt: time.Now()}),
		"Conversation": wire.ConversationOf(chat.Entry{Role: chat.Buyer, Listing: chat.Listing{Status: chat.ListingInactive}, Conversation: chat.Conversation{LastAt: time.Now()}}),
	} {
		data, err := json.Marshal(shape)
		if err == nil {
			err = c.validate(map[string]any{"$ref": "#/components/schemas/" + name}, string(data))
		}
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, data)
		}
	}
}
