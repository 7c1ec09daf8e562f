package socket_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"swapnest/internal/feature/messaging"
	"swapnest/internal/http/auth"
	"swapnest/internal/http/server"
	"swapnest/internal/http/socket"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

func TestOriginsThatMayOpenASocket(t *testing.T) {
	d := testkit.SQLite(t)
	app := apptest.Start(t, d, nil)
	town := testkit.Populate(t, app.DB)
	_, token := app.SignIn(t, town.Buyer)
	port := app.URL[strings.LastIndexByte(app.URL, ':'):]
	ticket := func() string {
		who, _ := app.SignIn(t, town.Buyer)
		secret, err := app.Accounts.Ticket(t.Context(), who.Session.ID)
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	for _, test := range []struct {
		name    string
		origins []string
		ticket  bool
		want    bool
	}{
		{"the site by its number", []string{"http://127.0.0.1" + port}, false, true},
		{"the site by its name", []string{"http://localhost" + port}, false, true},
		{"the site in capitals", []string{"HTTP://LOCALHOST" + port}, false, true},
		{"none, with a cookie", nil, false, false},
		{"none, with a ticket", nil, true, true},
		{"null", []string{"null"}, false, false},
		{"empty", []string{""}, false, false},
		{"a suffix", []string{"http://127.0.0.1" + port + ".evil.example"}, false, false},
		{"a prefix", []string{"http://evil.example/http://127.0.0.1" + port}, false, false},
		{"a subdomain", []string{"http://a.localhost" + port}, false, false},
		{"another scheme", []string{"https://127.0.0.1" + port}, false, false},
		{"another port", []string{"http://127.0.0.1:1"}, false, false},
		{"no port", []string{"http://127.0.0.1"}, false, false},
		{"two", []string{"http://127.0.0.1" + port, "http://evil.example"}, false, false},
		{"foreign, with a ticket", []string{"http://evil.example"}, true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			header := http.Header{"Origin": test.origins}
			if test.origins == nil {
				header = http.Header{}
			}
			path, cookie := "/ws/", token
			if test.ticket {
				path, cookie = "/ws/?ticket="+url.QueryEscape(ticket()), ""
			}
			s, err := app.Dial(t, path, cookie, header)
			if (err == nil) != test.want {
				t.Fatalf("dial: %v, want success: %v", err, test.want)
			}
			if err != nil {
				if !strings.Contains(err.Error(), "403") {
					t.Errorf("refused with %v, want status 403", err)
				}
				return
			}
			s.Wait("hello")
		})
	}
}

func TestOnlyThePublicOriginCountsWhereThereIsOne(t *testing.T) {
	public, err := url.Parse("https://swap.example")
	if err != nil {
		t.Fatal(err)
	}
	app := apptest.Start(t, testkit.SQLite(t), func(o *server.Options) { o.PublicURL = public })
	town := testkit.Populate(t, app.DB)
	_, token := app.SignIn(t, town.Buyer)
	for origin, want := range map[string]bool{"https://swap.example": true, app.URL: false, "http://swap.example": false} {
		s, err := app.Dial(t, "/ws/", token, http.Header{"Origin": {origin}})
		if (err == nil) != want {
			t.Errorf("%s: %v, want success: %v", origin, err, want)
		}
		if err == nil {
			s.Wait("hello")
		}
	}
}

func TestATicketOpensOneSocket(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		app := apptest.Start(t, d, nil)
		town := testkit.Populate(t, app.DB)
		_, token := app.SignIn(t, town.Buyer)
		answer := app.Client(t, token).Do("POST", "/api/v1/ticket", "")
		secret, _ := answer.JSON(t)["ticket"].(string)
		if answer.Status != http.StatusCreated || len(secret) < 22 {
			t.Fatalf("ticket: %d %s", answer.Status, answer.Body)
		}
		for i, want := range []string{"hello", "4401"} {
			s, err := app.Dial(t, "/ws/?ticket="+secret, "", http.Header{})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if i == 0 {
				got = s.Next().Type()
			} else {
				got = fmt.Sprint(s.Closed())
			}
			if got != want {
				t.Errorf("use %d: got %s, want %s", i+1, got, want)
			}
		}
	})
}

func TestSignedOutVisitorsAreAcceptedAndThenClosed(t *testing.T) {
	app := apptest.Start(t, testkit.SQLite(t), nil)
	testkit.Populate(t, app.DB)
	for _, path := range []string{"/ws/", "/ws/chat/1/", "/ws/chat/nonsense/", "/ws/?ticket=unknown"} {
		s, err := app.Dial(t, path, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Closed(); got != 4401 {
			t.Errorf("%s: closed with %d, want 4401", path, got)
		}
	}
}

// TestTheOriginalsScriptFindsItsMessagesAfterARestart shows contract 13 and 14: the whole way
// through TCP, on both databases, with a restart in between.
func TestTheOriginalsScriptFindsItsMessagesAfterARestart(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		app := apptest.Start(t, d, nil)
		town := testkit.Populate(t, app.DB)
		_, buyer := app.SignIn(t, town.Buyer)
		_, seller := app.SignIn(t, town.Seller)
		started, err := app.Messages.Start(t.Context(), town.Buyer.ID, messaging.StartCommand{Listing: town.Listing.ID, Text: "Is it there?"})
		if err != nil {
			t.Fatal(err)
		}
		path := fmt.Sprintf("/ws/chat/%d/", started.Conversation)
		dial := func(token string) *apptest.Socket {
			s, err := app.Dial(t, path, token, nil)
			if err != nil {
				t.Fatal(err)
			}
			s.Wait("hello")
			return s
		}
		b, s := dial(buyer), dial(seller)
		b.Send(`{"message":"one"}`)
		b.Wait("message")
		s.Wait("message")
		s.Send(`{"message":"two"}`)
		s.Wait("message")
		b.Wait("message")
		app.Stop()
		if got := b.Closed(); got != 1012 {
			t.Errorf("closed with %d, want 1012", got)
		}
		app = apptest.Start(t, d, nil)
		again, err := app.Dial(t, path+"?after=0", buyer, nil)
		if err != nil {
			t.Fatal(err)
		}
		again.Wait("hello")
		var texts []string
		for {
			f := again.Next()
			if f.Type() == "caught_up" {
				break
			}
			texts = append(texts, f["message"].(string))
		}
		if got := strings.Join(texts, ", "); got != "Is it there?, one, two" {
			t.Errorf("after the restart: %s", got)
		}
	})
}

// FuzzSocket feeds raw bytes to a connection behind its handshake: it must end by
// itself once they end, whatever they are.
func FuzzSocket(f *testing.F) {
	for _, seed := range [][]byte{
		{},
		{0x81},
		{0x81, 0x80, 1, 2, 3, 4},
		{0x89, 0x80, 1, 2, 3, 4},
		{0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8},
		{0x88, 0x81, 0, 0, 0, 0, 0x03},
		{0x01, 0x81, 0, 0, 0, 0, '{', 0x80, 0x81, 0, 0, 0, 0, '}'},
		{0x82, 0x80, 0, 0, 0, 0},
		{0x81, 0xFE, 0xFF, 0xFF, 0, 0, 0, 0},
		{0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		[]byte("GET / HTTP/1.1\r\n\r\n"),
		append([]byte{0x81, 0x91, 0, 0, 0, 0}, `{"message": "hi"}`...), append([]byte{0x81, 0x8F, 0, 0, 0, 0}, `{"type":"ping"}`...),
	} {
		f.Add(seed)
	}
	app := apptest.Open(f, testkit.SQLite(f), nil)
	town := testkit.Populate(f, app.DB)
	who, _ := app.SignIn(f, town.Buyer)
	started, err := app.Messages.Start(context.Background(), town.Buyer.ID, messaging.StartCommand{Listing: town.Listing.ID, Text: "Is it there?"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		here, there := net.Pipe()
		ended := make(chan struct{})
		go func() {
			app.Sockets.Serve(there, socket.Start{Who: auth.Identity{User: who.User, Session: who.Session}, Only: started.Conversation})
			close(ended)
		}()
		go func() {
			buffer := make([]byte, 4096)
			for {
				if _, err := here.Read(buffer); err != nil {
					return
				}
			}
		}()
		// The server may close before it has read everything.
		_, _ = here.Write(data)
		_ = here.Close()
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			t.Fatal("the connection did not end")
		}
	})
}
