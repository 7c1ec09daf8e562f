package server_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

func TestProfilesAndMetricsAreAtTheDebugAddressAlone(t *testing.T) {
	app := apptest.Start(t, testkit.SQLite(t), nil)
	l, _ := listenLoopback(t)
	serve(t, app, func() error { return app.ServeDebug(l) })
	get := func(base, path, host string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}
	debug := "http://" + l.Addr().String()
	for path, says := range map[string]string{"/metrics": "swapnest_connections 0", "/debug/pprof/": "goroutine", "/debug/pprof/goroutine?debug=1": "profile"} {
		if status, body := get(debug, path, ""); status != http.StatusOK || !strings.Contains(body, says) {
			t.Errorf("%s: got %d without %q", path, status, says)
		}
		// A page of another site that has this address named for it is told nothing.
		if status, _ := get(debug, path, "rebound.example"); status != http.StatusNotFound {
			t.Errorf("%s for another host: got %d, want 404", path, status)
		}
		if path == "/metrics" {
			continue
		}
		if status, _ := get(app.URL, path, ""); status != http.StatusNotFound {
			t.Errorf("%s on the site: got %d, want 404", path, status)
		}
	}
	for host, want := range map[string]int{"localhost:1": 200, "[::1]:6060": 200, "127.0.0.1": 200, "127.0.0.1.example": 404} {
		if status, _ := get(debug, "/metrics", host); status != want {
			t.Errorf("host %s: got %d, want %d", host, status, want)
		}
	}
}
