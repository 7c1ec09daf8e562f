package server_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"swapnest/internal/http/server"
	"swapnest/internal/http/trace"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

func TestAHandlerThatGivesUpIsAnsweredAndLogged(t *testing.T) {
	var log safeBuffer
	app := apptest.Open(t, testkit.SQLite(t), func(o *server.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	for _, test := range []struct {
		name   string
		do     http.HandlerFunc
		status string
		aborts bool
		logged bool
	}{
		{"before it answers", func(http.ResponseWriter, *http.Request) { panic("a slip") }, "status=500", false, true},
		{"in the middle", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half") // a recorder takes everything
			panic("a slip")
		}, "status=200", true, true},
		{"on purpose", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusAccepted)
			panic(http.ErrAbortHandler)
		}, "status=202", true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			before, answer := len(log.String()), httptest.NewRecorder()
			aborted := func() (aborted bool) {
				defer func() { aborted = recover() == http.ErrAbortHandler }()
				app.Edge(test.do).ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
				return false
			}()
			if aborted != test.aborts {
				t.Errorf("got the line broken off: %t, want %t", aborted, test.aborts)
			}
			said, id := log.String()[before:], answer.Header().Get(trace.Header)
			if answer.Code == http.StatusInternalServerError && !strings.Contains(answer.Body.String(), id) {
				t.Errorf("the answer does not name the request: %s", answer.Body)
			}
			if !strings.Contains(said, "msg=request") || !strings.Contains(said, test.status) || strings.Count(said, "request_id="+id) != strings.Count(said, "level=") {
				t.Errorf("got %s, want an access line with %s", said, test.status)
			}
			if got := strings.Contains(said, `fault="a slip"`) && strings.Contains(said, "fault_test.go"); got != test.logged {
				t.Errorf("got the fault logged with where it was: %t, want %t: %s", got, test.logged, said)
			}
		})
	}
}

func TestTheLogTellsOfConnectionsWithoutAddresses(t *testing.T) {
	var log safeBuffer
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	issue(t, cert, key, 1)
	app := apptest.Open(t, testkit.SQLite(t), func(o *server.Options) {
		o.PublicURL, o.TLS = &url.URL{Scheme: "https", Host: acmeHost}, server.TLS{Cert: cert, Key: key}
		o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	l, _ := listenLoopback(t)
	serve(t, app, func() error { return app.Serve(l) })
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+l.Addr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	app.Stop()
	if said := log.String(); !strings.Contains(said, "TLS handshake error from somebody") || strings.Contains(said, "127.0.0.1") {
		t.Errorf("got %s, want a line about a handshake without an address", said)
	}
}
