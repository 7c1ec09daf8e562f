package server_test

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"testing"

	"swapnest/internal/testkit"
)

// fromAnywhere is posted by mail programs, which have seen no page of ours and bring no session: its
// address, which nobody guesses, says who ends what. TestALinkOfAMailEndsThoseMails has the rest.
const fromAnywhere = "POST /unsubscribe/{token}/{$}"

// Whatever the seller's browser is made to send by a page of another site is refused before
// it is looked at, and changes nothing. The rows are those of the matrix, which is complete
// and in which each of them is taken from here: a new operation or form is asked by itself.
func TestNothingThatChangesIsTakenFromAnotherSite(t *testing.T) {
	d := testkit.SQLite(t)
	h := newTheater(t, d)
	c := h.stage(t)
	h.settle(t)
	before := h.rest(t)
	foreign := []http.Header{
		{"Origin": {"https://evil.example"}},
		{"Origin": {"null"}},
		{"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}},
		{"Sec-Fetch-Site": {"same-site"}},
	}
	asked := 0
	for under, rows := range map[string]map[string]row{"/api/v1": apiRows, "": pageRows} {
		for _, e := range slices.Sorted(maps.Keys(rows)) {
			r := rows[e]
			method, path := r.address(e)
			if method == http.MethodGet || method == http.MethodHead || e == fromAnywhere {
				continue
			}
			asked++
			body := c.fill(r.body, true)
			for _, header := range foreign {
				for _, kind := range []string{"application/json", "text/plain", "application/x-www-form-urlencoded", r.kind} {
					request, err := http.NewRequestWithContext(t.Context(), method, h.URL+c.fill(under+path, true), bytes.NewBufferString(body))
					if err != nil {
						t.Fatal(err)
					}
					request.Header = header.Clone()
					request.Header.Set("Content-Type", kind)
					request.AddCookie(&http.Cookie{Name: h.Guard.CookieName(), Value: c.clients[seller].Token()})
					answer, err := http.DefaultClient.Do(request)
					if err != nil {
						t.Fatal(err)
					}
					answer.Body.Close()
					if answer.StatusCode != http.StatusForbidden {
						t.Errorf("%s%s as %q with %v: %d, want 403", under, e, kind, header, answer.StatusCode)
					}
					if answer.Header.Get("Access-Control-Allow-Origin") != "" || answer.Header.Get("Set-Cookie") != "" {
						t.Errorf("%s%s with %v may be read there, or sets a cookie", under, e, header)
					}
				}
			}
		}
	}
	h.unchanged(t, "another site", before)
	if asked < 40 {
		t.Errorf("only %d operations and forms were asked", asked)
	}
}
