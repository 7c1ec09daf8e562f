package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/http/server"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

// safeBuffer is a buffer that several goroutines may write to.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

// String returns what was written.
func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// told returns the audit log, the oldest first, as lines of action, user id and detail.
func told(t *testing.T, s *site) []string {
	t.Helper()
	entries, err := s.DB.Audit(t.Context(), 0, time.Time{}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range slices.Backward(entries) {
		if e.Address != "127.0.0.1" || time.Since(e.At) > time.Hour {
			t.Errorf("%s from %q at %v, want the address and the time of the request", e.Action, e.Address, e.At)
		}
		lines = append(lines, strings.TrimSuffix(fmt.Sprintf("%s %d %s", e.Action, e.User, e.Detail), " "))
	}
	return lines
}

func TestTheAuditLogTellsWhatWasDoneToAccounts(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		var log safeBuffer
		s := openWith(t, d, func(o *server.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
		page, call := s.Client(t, ""), s.Client(t, "")
		do := func(c *apptest.Client, want int, method, path, body string) apptest.Response {
			t.Helper()
			got := c.Do(method, path, body)
			if got.Status != want {
				t.Fatalf("%s %s: %d, want %d: %s", method, path, got.Status, want, got.Body)
			}
			return got
		}
		made := do(call, 201, "POST", "/api/v1/users", `{"username":"asha","password":"correct horse","email":"asha@example.org"}`).JSON(t)
		id := int64(made["user"].(map[string]any)["id"].(float64))
		do(page, 401, "POST", "/accounts/login/", "username=ASHA&password=wrong+horse")
		do(page, 401, "POST", "/accounts/login/", "username=correct+horse&password=asha")
		do(page, 401, "POST", "/accounts/login/", "username=nobody&password=wrong+horse")
		do(page, 303, "POST", "/accounts/login/", "username=asha&password=correct+horse")
		do(page, 303, "POST", "/accounts/profile/edit/", url.Values{"name": {"Asha K."}, "email": {"asha@example.org"}, "password": {"correct horse"}, "city": {"Pune"}, "about": {""}}.Encode())
		do(page, 303, "POST", "/accounts/profile/edit/", url.Values{"name": {"Asha K."}, "email": {"asha@example.org"}, "password": {"correct horse"}, "city": {"Pune"}, "about": {""}}.Encode())
		do(page, 303, "POST", "/accounts/devices/", "all=1")
		do(page, 303, "POST", "/accounts/logout/", "x=1")
		do(page, 303, "POST", "/accounts/logout/", "x=1")
		do(page, 303, "POST", "/accounts/login/", "username=asha&password=correct+horse")
		do(call, 200, "POST", "/api/v1/session", `{"username":"asha","password":"correct horse"}`)
		for _, one := range do(call, 200, "GET", "/api/v1/me/sessions", "").JSON(t)["sessions"].([]any) {
			if device := one.(map[string]any); device["current"] != true {
				do(call, 204, "DELETE", "/api/v1/me/sessions/"+device["id"].(string), "")
			}
		}
		do(page, 303, "POST", "/accounts/login/", "username=asha&password=correct+horse")
		do(call, 422, "PUT", "/api/v1/me/password", `{"current":"wrong horse","password":"battery staple"}`)
		do(call, 204, "PUT", "/api/v1/me/password", `{"current":"correct horse","password":"battery staple"}`)
		do(call, 204, "POST", "/api/v1/me/close", `{"current":"battery staple"}`)
		do(page, 401, "POST", "/accounts/login/", "username=asha&password=battery+staple")

		got := told(t, s)
		var want []string
		for _, line := range []string{
			"registered %d", "signed_in %d", "sign_in_failed %d", "sign_in_failed 0", "sign_in_failed 0", "signed_in %d", "profile_changed %d name, city",
			"other_sessions_ended %d 1 sessions ended", "signed_out %d", "signed_in %d", "signed_in %d", "device_ended %d", "signed_in %d",
			"password_changed %d 1 sessions ended", "account_closed %d 1 sessions ended", "sign_in_failed %d",
		} {
			if strings.Contains(line, "%d") {
				line = fmt.Sprintf(line, id)
			}
			want = append(want, line)
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		all, err := s.DB.Audit(t.Context(), 0, time.Time{}, 1000)
		if err != nil {
			t.Fatal(err)
		}
		stored, _ := json.Marshal(all)
		for _, typed := range []string{"horse", "staple", "nobody", "example.org", "Asha K", "Pune"} {
			if strings.Contains(string(stored), typed) {
				t.Errorf("the audit log holds %q, which was typed", typed)
			}
		}
		// The node's own log is told as much, but not from where.
		if n := strings.Count(log.String(), "msg=audit"); n != len(want) {
			t.Errorf("%d lines in the node's log, want %d", n, len(want))
		}
		if line := fmt.Sprintf("msg=audit action=account_closed user_id=%d request_id=", id); !strings.Contains(log.String(), line) {
			t.Errorf("no line %q in the node's log", line)
		}
		if strings.Contains(log.String(), "127.0.0.1") {
			t.Error("the node's log holds an address")
		}
	})
}

func TestTheAuditLogIsReadByPersonAndTimeAndForgets(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		// A bare database: a node would forget by itself meanwhile.
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		now := time.Now()
		add := func(who chat.UserID, age time.Duration, detail string) {
			t.Helper()
			err := db.Update(t.Context(), func(tx *store.Tx) error {
				return tx.InsertAudit(t.Context(), chat.AuditEntry{At: now.Add(-age), User: who, Action: chat.AuditSignedIn, Detail: detail})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		add(town.Buyer.ID, chat.AuditLife+time.Hour, "old")
		add(town.Buyer.ID, chat.AuditLife-time.Hour, "kept")
		add(town.Seller.ID, time.Hour, "other")
		add(town.Buyer.ID, 2*time.Hour, "first")
		add(town.Buyer.ID, time.Minute, "last")
		read := func(who chat.UserID, since time.Time, limit int) string {
			t.Helper()
			entries, err := db.Audit(t.Context(), who, since, limit)
			if err != nil {
				t.Fatal(err)
			}
			var details []string
			for _, e := range entries {
				details = append(details, e.Username+" "+e.Detail)
			}
			return strings.Join(details, ", ")
		}
		buyer := town.Buyer.ID
		for _, test := range []struct {
			name  string
			who   chat.UserID
			since time.Time
			limit int
			want  string
		}{
			{"everybody", 0, time.Time{}, 10, "buyer last, seller other, buyer first, buyer kept, buyer old"},
			{"one person", buyer, time.Time{}, 10, "buyer last, buyer first, buyer kept, buyer old"},
			{"one day", 0, now.Add(-24 * time.Hour), 10, "buyer last, seller other, buyer first"},
			{"the newest two", buyer, time.Time{}, 2, "buyer last, buyer first"},
		} {
			if got := read(test.who, test.since, test.limit); got != test.want {
				t.Errorf("%s: got %q, want %q", test.name, got, test.want)
			}
		}
		err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.PruneAudit(t.Context(), now.Add(-chat.AuditLife)) })
		if err != nil {
			t.Fatal(err)
		}
		if got, want := read(buyer, time.Time{}, 10), "buyer last, buyer first, buyer kept"; got != want {
			t.Errorf("after pruning: got %q, want %q", got, want)
		}
	})
}

func TestWhatCannotBeAuditedIsNotDone(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := open(t, d)
		s.visitor.Do("POST", "/api/v1/users", `{"username":"asha","password":"correct horse"}`)
		if err := d.Exec(context.Background(), `ALTER TABLE audit RENAME TO gone`); err != nil {
			t.Fatal(err)
		}
		if got := s.visitor.Do("PUT", "/api/v1/me/password", `{"current":"correct horse","password":"battery staple"}`); got.Status != http.StatusServiceUnavailable {
			t.Errorf("changing: %d, want 503", got.Status)
		}
		if err := d.Exec(context.Background(), `ALTER TABLE gone RENAME TO audit`); err != nil {
			t.Fatal(err)
		}
		if got := s.visitor.Do("POST", "/api/v1/session", `{"username":"asha","password":"correct horse"}`); got.Status != http.StatusOK {
			t.Errorf("signing in with the password from before: %d, want 200", got.Status)
		}
	})
}
