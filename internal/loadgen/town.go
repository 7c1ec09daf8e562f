package loadgen

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// person is somebody with a session of the site.
type person struct {
	username, token string
	conversation    int64 // that they are in, 0 for none: two who follow each other and have the same one talk there
}

// ReadSessions reads what `swapnest user create --count --sessions` has written: a username and a
// session's token on each line, and perhaps the id of a conversation behind them.
func ReadSessions(file string) (all []person, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read the sessions: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		username, token, ok := strings.Cut(lines.Text(), " ")
		token, in, has := strings.Cut(token, " ")
		conversation, err := int64(0), error(nil)
		if has {
			conversation, err = strconv.ParseInt(in, 10, 64)
		}
		if !ok || username == "" || token == "" || err != nil {
			return nil, fmt.Errorf("%s holds no sessions in line %d: make some with swapnest user create --count 100 --sessions %s", file, len(all)+1, file)
		}
		all = append(all, person{username, token, conversation})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the sessions: %w", err)
	}
	return all, nil
}

// talk is a conversation of two people.
type talk struct {
	id     int64
	people [2]person
}

// site is what is measured.
type site struct {
	base    *url.URL
	dialect Dialect
	client  *http.Client
}

func newSite(base *url.URL, d Dialect) *site {
	return &site{base: base, dialect: d, client: &http.Client{
		Timeout:   30 * time.Second,
		Transport: &http.Transport{MaxIdleConnsPerHost: 16, DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext},
	}}
}

// cookie is the header of a session.
func cookie(p person) string { return "swapnest_session=" + p.token }

// call asks the API, and fails on anything but success.
func (s *site) call(ctx context.Context, who person, method, path string, body, answer any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, method, s.base.JoinPath("/api/v1", path).String(), bytes.NewReader(data))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Cookie", cookie(who))
	got, err := s.client.Do(r)
	if err != nil {
		return fmt.Errorf("ask the site: %w", err)
	}
	defer func() { _ = got.Body.Close() }() // it has been read
	said, err := io.ReadAll(io.LimitReader(got.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("read what the site says: %w", err)
	}
	if got.StatusCode >= 300 {
		var problem struct{ Detail string }
		_ = json.Unmarshal(said, &problem) // what is no problem+json has no detail
		hint := ""
		switch got.StatusCode {
		case http.StatusTooManyRequests:
			hint = " Serve with --rate-limits off while it is measured."
		case http.StatusUnauthorized:
			hint = " Make new sessions with swapnest user create --count N --sessions FILE."
		}
		return fmt.Errorf("%s %s is answered by %d: %s%s", method, path, got.StatusCode, problem.Detail, hint)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(said, answer)
}

// talks has each two people begin a conversation about a thing that one of them sells, unless they are in one.
func (s *site) talks(ctx context.Context, people []person, n int) ([]talk, error) {
	all := make([]talk, n)
	if s.dialect == Tinode { // who subscribes to a person has begun a conversation
		for i := range all {
			all[i] = talk{int64(i + 1), [2]person{people[2*i], people[2*i+1]}}
		}
		return all, nil
	}
	errs := make([]error, n)
	var work sync.WaitGroup
	turns := make(chan struct{}, 8)
	for i := range all {
		turns <- struct{}{}
		work.Go(func() {
			defer func() { <-turns }()
			all[i], errs[i] = s.begin(ctx, [2]person{people[2*i], people[2*i+1]})
		})
	}
	work.Wait()
	return all, errors.Join(errs...)
}

func (s *site) begin(ctx context.Context, people [2]person) (talk, error) {
	if id := people[0].conversation; id != 0 && id == people[1].conversation {
		return talk{id, people}, nil
	}
	var thing struct {
		Listing struct{ ID int64 }
	}
	err := s.call(ctx, people[1], http.MethodPost, "/listings", map[string]any{
		"title": "A thing to measure with", "description": "", "category": "books", "condition": "good",
		"price": map[string]any{"amount": 10000, "currency": "INR"},
	}, &thing)
	if err != nil {
		return talk{}, err
	}
	var begun struct {
		Conversation struct{ ID int64 }
	}
	err = s.call(ctx, people[0], http.MethodPost, "/conversations", map[string]any{
		"listing_id": thing.Listing.ID, "client_id": "first", "message": "Is it there?",
	}, &begun)
	return talk{begun.Conversation.ID, people}, err
}
