package server_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"swapnest/internal/http/server"
	"swapnest/internal/http/trace"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

// What a log must never hold. They consist of letters and digits, so that they look the same
// in every encoding.
const (
	plantedPassword = "plantedPassword7c1"
	plantedWrong    = "plantedWrong8d2"
	plantedMail     = "plantedMail9e3"
	plantedText     = "plantedText1f4"
	plantedToken    = "plantedMetricsToken2a5"
	plantedHeader   = "plantedHeader3b6"
)

// planter sends what is secret through every kind of door, and notes the names and statuses
// of the answers.
type planter struct {
	*site
	t       *testing.T
	me      *apptest.Client
	secrets map[string]bool
	answers map[string]int // status by request id
	sockets int
	tickets int
	mails   int // how often they were asked for
}

// do sends a request, whatever comes of it.
func (p *planter) do(c *apptest.Client, method, path, body string) apptest.Response {
	p.t.Helper()
	return p.note(c.Do(method, path, body))
}

func (p *planter) note(r apptest.Response) apptest.Response {
	p.t.Helper()
	id := r.Header.Get(trace.Header)
	if _, twice := p.answers[id]; twice || len(id) != 16 {
		p.t.Errorf("an answer has the request id %q, which is none or was there before", id)
	}
	p.answers[id] = r.Status
	return r
}

// everything goes through all doors once.
func (p *planter) everything() {
	p.t.Helper()
	p.signIns()
	p.mailed()
	p.writing()
	p.looking()
	p.lines()
	p.headers()
	p.secrets[p.me.Token()] = true
}

// signIns are forms and calls with passwords and addresses, right and wrong.
func (p *planter) signIns() {
	p.t.Helper()
	account := url.Values{"username": {"planter"}, "password": {plantedPassword}, "email": {plantedMail + "@example.org"}}
	taken, _ := json.Marshal(map[string]string{"username": "planter", "password": plantedPassword, "email": plantedMail + "@example.org"})
	twin, _ := json.Marshal(map[string]string{"username": "planter2", "password": plantedPassword, "email": plantedMail + "@example.org"})
	p.do(p.visitor, "POST", "/accounts/register/", account.Encode())
	p.do(p.visitor, "POST", "/api/v1/users", string(taken))
	p.do(p.visitor, "POST", "/api/v1/users", string(twin))
	for _, typed := range [][2]string{{"planter", plantedWrong}, {plantedPassword, "planter"}, {plantedPassword + " !", "planter"}, {"planter", plantedPassword}} {
		form := url.Values{"username": {typed[0]}, "password": {typed[1]}, "next": {"/chat/?secret=" + plantedText}}
		p.do(p.me, "POST", "/accounts/login/", form.Encode())
		p.secrets[p.me.Token()] = true
		call, _ := json.Marshal(map[string]string{"username": typed[0], "password": typed[1]})
		p.do(p.me, "POST", "/api/v1/session", string(call))
		p.secrets[p.me.Token()] = true
	}
	for _, broken := range []string{
		`{"username":"planter","password":"` + plantedPassword, `{"username":"planter","password":["` + plantedPassword + `"]}`,
		`{"` + plantedPassword + `":1}`, `{"password":"` + plantedPassword + strings.Repeat("x", 70<<10) + `"}`,
	} {
		p.do(p.visitor, "POST", "/api/v1/session", broken)
	}
	p.note(p.visitor.Send("POST", "/api/v1/session", "text/"+plantedHeader, plantedPassword))
	p.note(p.visitor.Send("POST", "/accounts/login/", "application/x-www-form-urlencoded", "password="+plantedPassword+"%zz"))
	p.note(p.visitor.Send("POST", "/create/", "multipart/form-data; boundary=x", plantedText))
	p.do(p.me, "POST", "/accounts/password-change/", url.Values{"current": {plantedWrong}, "password": {plantedPassword}}.Encode())
	p.do(p.me, "PUT", "/api/v1/me/password", `{"current":"`+plantedWrong+`","password":"`+plantedPassword+`"}`)
	p.do(p.me, "POST", "/accounts/close/", "current="+plantedWrong)
	p.do(p.me, "PATCH", "/api/v1/me", `{"email":"`+plantedMail+`@example.com","about":"`+plantedText+`"}`)
	p.do(p.buyer, "PATCH", "/api/v1/me", `{"email":"`+plantedMail+`@example.com"}`)
	p.do(p.me, "POST", "/accounts/profile/edit/", url.Values{"name": {"P"}, "email": {plantedMail}, "about": {plantedText}}.Encode())
}

// writing says something in forms and calls.
func (p *planter) writing() {
	p.t.Helper()
	start := fmt.Sprintf("/chat/start/%d/", p.town.Listing.ID)
	p.do(p.me, "POST", start, url.Values{"message": {plantedText}, "client_id": {"one"}}.Encode())
	p.do(p.me, "POST", "/api/v1/conversations", fmt.Sprintf(`{"listing_id":%d,"client_id":"two","message":"%s"}`, p.town.Listing.ID, plantedText))
	for _, text := range []string{plantedText, strings.Repeat(plantedText, 400), plantedText + `\u0000`} {
		for _, id := range []string{"1", "4711"} {
			p.do(p.me, "POST", "/api/v1/conversations/"+id+"/messages", `{"client_id":"three","message":"`+text+`"}`)
			p.do(p.me, "POST", "/chat/conversation/"+id+"/", url.Values{"message": {text}, "client_id": {"four"}}.Encode())
		}
	}
	p.note(p.me.Form("/create/", [][2]string{{"title", plantedText}, {"description", plantedText}, {"price", plantedText}}, []byte(plantedText)))
	p.note(p.me.Send("POST", "/api/v1/photos", "image/jpeg", plantedText))
}

// looking names secrets in addresses.
func (p *planter) looking() {
	p.t.Helper()
	for _, path := range []string{
		"/shop/?q=" + plantedText, "/chat/search/?q=" + plantedText, "/api/v1/listings?q=" + plantedText + "&after=" + plantedText,
		"/accounts/login/?next=/chat/%3Ftoken=" + plantedToken, "/api/v1/availability?email=" + plantedMail + "@example.org",
		"/nothing/" + plantedText + "/", "/api/v1/nothing/" + plantedText, "/product/" + plantedText + "/", "/static/" + plantedText,
		"/api/v1/me?access_token=" + plantedToken, "/healthz?" + plantedText, "/metrics?token=" + plantedToken, "/shop/?%zz" + plantedText,
		"/api/v1/conversations?after=" + plantedText, "/chat/?q=" + plantedText,
	} {
		p.do(p.me, "GET", path, "")
		p.do(p.me, "POST", path, plantedText+"=1")
	}
	p.do(p.me, "PURGE", "/"+plantedText, "")
}

// lines are sockets, with tickets that are good, used and made up.
func (p *planter) lines() {
	p.t.Helper()
	ticket := plantedHeader
	if got := p.do(p.me, "POST", "/api/v1/ticket", ""); got.Status == http.StatusCreated {
		ticket = got.JSON(p.t)["ticket"].(string)
		p.tickets++
	}
	p.secrets[ticket] = true
	for _, path := range []string{
		"/ws/?ticket=" + ticket, "/ws/?ticket=" + ticket, "/ws/?ticket=" + plantedHeader, "/ws/?after=" + plantedText + "&epoch=" + plantedText,
		"/ws/chat/1/?ticket=" + plantedHeader, "/ws/chat/" + plantedText + "/",
	} {
		p.sockets++
		line, err := p.Dial(p.t, path, p.me.Token(), http.Header{"Origin": {p.URL}})
		if err != nil {
			continue // the answer is in the log
		}
		line.Send(`{"type":"send","client_id":"five","conversation_id":1,"message":"%s"}`, plantedText)
		line.Send(`{"type":"send","client_id":"%s","conversation_id":4711,"message":"%s"}`, plantedHeader, plantedText)
		line.Send(`{"type":"%s"}`, plantedText)
		line.Send(`{"type":"send","message":["%s"]}`, plantedText)
		line.Send(`{"type":"ping"}`)
		line.Send(`{"%s`, plantedText)
		line.Write(ws.NewBinaryFrame([]byte(plantedText)))
		line.Closed()
	}
}

// headers say too much, and some are none.
func (p *planter) headers() {
	p.t.Helper()
	for _, bearer := range []string{plantedToken, plantedWrong} {
		r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.URL+"/metrics", nil)
		if err != nil {
			p.t.Fatal(err)
		}
		for name, value := range map[string]string{
			"Authorization": "Bearer " + bearer, "User-Agent": plantedHeader, "Referer": "https://x.example/" + plantedHeader,
			trace.Header: plantedHeader, "X-Forwarded-For": plantedHeader, "Cookie": p.Guard.CookieName() + "=" + plantedHeader,
		} {
			r.Header.Set(name, value)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			p.t.Fatal(err)
		}
		answer.Body.Close()
		p.note(apptest.Response{Status: answer.StatusCode, Header: answer.Header})
	}
	for _, broken := range []string{
		"GET /?" + plantedText + " HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n" + plantedHeader + "\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + plantedHeader + "\r\n\r\n" + plantedText,
	} {
		conn, err := new(net.Dialer).DialContext(p.t.Context(), "tcp", strings.TrimPrefix(p.URL, "http://"))
		if err != nil {
			p.t.Fatal(err)
		}
		_, err = io.WriteString(conn, broken)
		if err == nil {
			_, err = io.ReadAll(conn)
		}
		if err != nil {
			p.t.Error(err)
		}
		conn.Close()
	}
}

func TestTheLogHoldsNoSecretsAndOneLineForEachRequest(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		var text, lines safeBuffer
		options := &slog.HandlerOptions{Level: slog.LevelDebug}
		s := openWith(t, d, func(o *server.Options) {
			mailing(o)
			o.MetricsToken = plantedToken
			o.Log = slog.New(slog.NewMultiHandler(slog.NewTextHandler(&text, options), slog.NewJSONHandler(&lines, options)))
		})
		p := &planter{site: s, t: t, me: s.Client(t, ""), secrets: map[string]bool{}, answers: map[string]int{}}
		for _, c := range []*apptest.Client{s.buyer, s.seller, s.stranger} {
			p.secrets[c.Token()] = true
		}
		p.everything()
		found := func() bool {
			return strings.Contains(p.do(p.me, "GET", "/chat/search/?q="+plantedText, "").Body, "conversation/1/")
		}
		for deadline := time.Now().Add(30 * time.Second); !found(); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("what should be secret has not arrived at all")
			}
		}
		if p.tickets == 0 {
			t.Error("what should be secret has not arrived at all")
		}
		// Faults are logged with what went wrong: first some queries fail, and then all.
		for _, table := range []string{"message", "audit", "ticket", "listing"} {
			if err := d.Exec(t.Context(), `ALTER TABLE `+table+` RENAME TO gone_`+table); err != nil {
				t.Fatal(err)
			}
		}
		p.everything()
		_ = s.DB.Close() // what it says is of no matter: it has lost its tables
		p.everything()
		s.Stop()

		delete(p.secrets, "")
		for _, secret := range []string{plantedPassword, plantedWrong, plantedMail, plantedText, plantedToken, plantedHeader, "127.0.0.1"} {
			p.secrets[secret] = true
		}
		for secret := range p.secrets {
			for format, log := range map[string]string{"text": text.String(), "JSON": lines.String()} {
				if at := strings.Index(log, secret); at >= 0 {
					t.Errorf("the log as %s holds %q: …%s…", format, secret, log[max(0, at-200):at+len(secret)])
				}
			}
		}
		p.compare(lines.String())
	})
}

// compare holds the access lines against the answers.
func (p *planter) compare(log string) {
	p.t.Helper()
	seen, others, levels := map[string]int{}, 0, map[string]int{}
	for line := range strings.Lines(log) {
		var entry struct {
			Level, Msg string
			Request    string `json:"request_id"`
			Status     int
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			p.t.Fatalf("%v in %s", err, line)
		}
		levels[entry.Level]++
		if entry.Msg != "request" {
			continue
		}
		want, ours := p.answers[entry.Request]
		switch {
		case !ours:
			others++
		case want != entry.Status:
			p.t.Errorf("the line says %d, the answer was %d", entry.Status, want)
		}
		seen[entry.Request]++
	}
	for id, n := range seen {
		if n != 1 || len(id) != 16 {
			p.t.Errorf("%d lines for the request %q, want one", n, id)
		}
	}
	if len(seen)-others != len(p.answers) || others != p.sockets {
		p.t.Errorf("lines for %d requests and %d sockets, want %d and %d", len(seen)-others, others, len(p.answers), p.sockets)
	}
	if levels["DEBUG"] == 0 || levels["ERROR"] == 0 {
		p.t.Errorf("got lines %v, want some of debugging and of faults", levels)
	}
}

func TestAFaultNamesItsRequest(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := open(t, d)
		if err := s.DB.Close(); err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct{ method, path, body string }{
			{"GET", "/shop/", ""},
			{"GET", "/chat/", ""},
			{"POST", "/accounts/login/", "username=planter&password=long+enough"},
			{"GET", "/api/v1/listings", ""},
			{"GET", "/api/v1/me", ""},
			{"POST", "/api/v1/session", `{"username":"planter","password":"long enough"}`},
		} {
			got := s.buyer.Do(test.method, test.path, test.body)
			id := got.Header.Get(trace.Header)
			if got.Status < 500 || len(id) != 16 || !strings.Contains(got.Body, id) {
				t.Errorf("%s %s: %d does not show the request id %q: %s", test.method, test.path, got.Status, id, got.Body)
			}
			if strings.HasPrefix(test.path, "/api/") {
				if kind := got.Header.Get("Content-Type"); kind != "application/problem+json" || got.JSON(t)["request_id"] != id {
					t.Errorf("%s: %s without request_id %s: %s", test.path, kind, id, got.Body)
				}
			}
		}
	})
}

func TestMetricsAreForTheOperator(t *testing.T) {
	site := &url.URL{Scheme: "https", Host: "swap.example"}
	for _, test := range []struct {
		name   string
		public *url.URL
		token  string
		header string
		want   int
	}{
		{"on loopback they are open", nil, "", "", 200},
		{"for a page that calls this machine by its own name they are not", nil, "", "", 404},
		{"with a token nowhere", nil, plantedToken, "", 404},
		{"with the token on loopback", nil, plantedToken, "Bearer " + plantedToken, 200},
		{"a site without a token has none", site, "", "", 404},
		{"a site without a token takes no empty one", site, "", "Bearer ", 404},
		{"no token", site, plantedToken, "", 404},
		{"a wrong token", site, plantedToken, "Bearer " + plantedWrong, 404},
		{"the token as a password", site, plantedToken, "Basic " + plantedToken, 404},
		{"the right token", site, plantedToken, "Bearer " + plantedToken, 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			app := apptest.Open(t, testkit.SQLite(t), func(o *server.Options) { o.PublicURL, o.MetricsToken = test.public, test.token })
			for path, want := range map[string]int{"/metrics": test.want, "/debug/pprof/": 404, "/debug/pprof/heap": 404} {
				r, answer := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil), httptest.NewRecorder()
				r.Header.Set("Authorization", test.header)
				if test.public == nil && !strings.Contains(test.name, "by its own name") {
					r.Host = "127.0.0.1:8000"
				}
				app.Handler().ServeHTTP(answer, r)
				if answer.Code != want || strings.Contains(answer.Body.String(), "swapnest_connections") != (want == 200) {
					t.Errorf("%s: got %d, want %d", path, answer.Code, want)
				}
			}
		})
	}
}
