package server_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

// TestANodeIsReadyUntilItEndsAndHealthyWhileItsDatabaseAnswers shows contract 19: a node that goes
// down is unready from the beginning.
func TestANodeIsReadyUntilItEndsAndHealthyWhileItsDatabaseAnswers(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		app := apptest.Open(t, d, nil)
		ask := func(path string) (int, string) {
			rec := httptest.NewRecorder()
			app.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
			return rec.Code, strings.TrimSpace(rec.Body.String())
		}
		want := func(when, path string, status int, body string) {
			t.Helper()
			if got, says := ask(path); got != status || says != body {
				t.Errorf("%s, %s: got %d %s, want %d %s", when, path, got, says, status, body)
			}
		}
		const well, ill = `{"status":"ok","checks":{"database":"ok"}}`, `{"status":"unavailable","checks":{"database":"unavailable"}}`
		want("at work", "/healthz", http.StatusOK, well)
		want("at work", "/readyz", http.StatusOK, well)
		if err := app.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		want("on its way down", "/readyz", http.StatusServiceUnavailable, `{"status":"shutting_down","checks":null}`)
		want("on its way down", "/healthz", http.StatusOK, well)
		if err := app.DB.Close(); err != nil {
			t.Fatal(err)
		}
		want("without its database", "/healthz", http.StatusServiceUnavailable, ill)
	})
}
