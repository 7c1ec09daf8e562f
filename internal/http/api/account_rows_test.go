package api

import (
	"encoding/json"
	"strings"
	"testing"

	"swapnest/internal/store"
)

var askingRows = []row{
	{"an address that is not verified", request{"asha", "GET /me", "", ""}, 200, []string{`"email":"asha@example.org","email_verified":false,"email_bounced":false`}, nil},
	{"a mail to it", request{"asha", "POST /me/verify-email", "", ""}, 202, nil, nil},
	{"an address that is none any more", request{"carla", "PATCH /me", `{"email":"","password":"{password}"}`, ""}, 200, []string{`"email":"","email_verified":false`}, nil},
	{"a mail to nowhere", request{"carla", "POST /me/verify-email", "", ""}, 422, []string{`"field":"email"`}, nil},
	{"a new password", request{"", "POST /password-reset", `{"email":"dev@example.org"}`, ""}, 202, nil, nil},
	{"a new password of nobody", request{"", "POST /password-reset", `{"email":"nobody@example.org"}`, ""}, 202, nil, nil},
	{"a new password at no address", request{"", "POST /password-reset", `{"email":"planted"}`, ""}, 422, []string{`"field":"email"`}, []string{"planted"}},
	{"a new password for nothing", request{"", "POST /password-reset", `{"email":""}`, ""}, 422, []string{`"field":"email"`}, nil},
	{"a link that is none", request{"", "POST /password-reset/confirm", `{"token":"planted","password":"{password}"}`, ""}, 422, []string{invalid, `"field":"token"`}, []string{"planted"}},
}

var resetRows = []row{
	{"a short password", request{"", "POST /password-reset/confirm", `{"token":"{token}","password":"short"}`, ""}, 422, []string{`"field":"password"`}, []string{"{token}"}},
	{"the link", request{"", "POST /password-reset/confirm", `{"token":"{token}","password":"{password}"}`, ""}, 204, nil, nil},
	{"the link again", request{"", "POST /password-reset/confirm", `{"token":"{token}","password":"{password}"}`, ""}, 422, []string{`"field":"token"`}, []string{"{token}"}},
}

// mailed has a link for a new password made, as for a mail to an address.
func (w *world) mailed(t *testing.T, address string) {
	t.Helper()
	note, err := json.Marshal(store.MailNote{Address: address})
	if err != nil {
		t.Fatal(err)
	}
	_, link, ok, err := w.accounts.MailToken(t.Context(), store.Delivery{Kind: store.DeliverReset, Note: string(note)})
	if !ok || err != nil {
		t.Fatalf("no link for %s: %v", address, err)
	}
	_, w.token, _ = strings.Cut(link, "token=")
}
