package accounts

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

func TestWhyAnAddressBouncedStandsInTheAuditLogAloneAndOnce(t *testing.T) {
	withMail(t, &Limits{}, func(t *testing.T, o *office) {
		var log bytes.Buffer
		o.log = slog.New(slog.NewTextHandler(&log, nil))
		yes, no := func(string) bool { return true }, func(string) bool { return false }
		for _, c := range []struct {
			what   string
			who    chat.UserID
			is     func(string) bool
			status string
			want   string // entries of the audit log so far
		}{
			{"of another address", o.owner.ID, no, "5.1.1", "[]"},
			{"of nobody", 12345, yes, "5.1.1", "[]"},
			{"of theirs", o.owner.ID, func(email string) bool { return email == "owner@example.org" }, "5.1.1", "[5.1.1]"},
			{"once more", o.owner.ID, yes, "5.1.2", "[5.1.1]"},
		} {
			if err := o.Bounced(t.Context(), c.who, c.is, c.status); err != nil {
				t.Fatal(err)
			}
			if got := o.bounces(); got != c.want {
				t.Errorf("%s: got %s, want %s", c.what, got, c.want)
			}
		}
		u, err := o.db.User(t.Context(), o.owner.ID)
		if err != nil || u.EmailBounced.IsZero() {
			t.Errorf("got %+v (%v), want a bounced address", u, err)
		}
		if line := log.String(); strings.Count(line, "\n") != 1 || !strings.Contains(line, "email_bounced") || strings.Contains(line, "@") {
			t.Errorf("logged %q, want one line without the address", line)
		}
		// What is said of a status is a stranger's: it is one, or nothing.
		for status, want := range map[string]string{"550": "[550]", "5.1.1 <owner@example.org>": "[]", "owner@example.org": "[]", "": "[]"} {
			o.unbounced()
			if err := o.Bounced(t.Context(), o.owner.ID, yes, status); err != nil {
				t.Fatal(err)
			}
			if got := o.bounces(); got != want {
				t.Errorf("%q: got %s, want %s", status, got, want)
			}
		}
	})
}

// bounces returns the details of the audit log's entries about bounces.
func (o *office) bounces() string {
	o.t.Helper()
	all, err := o.db.Audit(o.t.Context(), o.owner.ID, time.Time{}, 100)
	if err != nil {
		o.t.Fatal(err)
	}
	details := []string{}
	for _, e := range all {
		if e.Action == chat.AuditEmailBounced && e.Detail != "" {
			details = append(details, e.Detail)
		}
	}
	return fmt.Sprint(details)
}

// unbounced forgets the bounces of the owner, and what the audit log has of them.
func (o *office) unbounced() {
	o.t.Helper()
	if err := o.db.Update(o.t.Context(), func(tx *store.Tx) error {
		if err := tx.PruneAudit(o.t.Context(), time.Now().Add(time.Hour)); err != nil {
			return err
		}
		return tx.VerifyEmail(o.t.Context(), o.owner.ID, "owner@example.org", time.Now())
	}); err != nil {
		o.t.Fatal(err)
	}
}
