package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

func TestAClosedAccountIsAFormerMember(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := open(t, d)
		joined := s.visitor.Do("POST", "/api/v1/users", `{"username":"leaver","password":"correct horse","name":"Lea Ver","email":"lea@example.org"}`).JSON(t)
		lea := chat.UserID(joined["user"].(map[string]any)["id"].(float64))
		started, err := s.Messages.Start(t.Context(), lea, messaging.StartCommand{Listing: s.town.Listing.ID, ClientID: "a", Text: "Words of mine"})
		if err != nil {
			t.Fatal(err)
		}
		made := s.visitor.Form("/create/", sofa)
		page := made.Header.Get("Location")
		line, err := s.Dial(t, "/ws/", s.visitor.Token(), http.Header{"Origin": {s.URL}})
		if err != nil {
			t.Fatal(err)
		}
		line.Wait("hello")
		grace := testkit.Grace(t)
		if got := s.visitor.Do("POST", "/accounts/close/", "current=wrong"); got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Body, "not your password") {
			t.Errorf("closing with a wrong password: %d", got.Status)
		}
		if got := s.visitor.Do("POST", "/accounts/close/", "current=correct+horse"); got.Status != http.StatusSeeOther {
			t.Fatalf("closing: %d", got.Status)
		}
		began := time.Now() // the session has ended
		if code := line.Closed(); code != 4401 || time.Since(began) > time.Second+grace() {
			t.Errorf("the socket closed with %d after %v, want 4401 within a second", code, time.Since(began))
		}
		// Not hidden, but gone.
		kept, err := s.DB.User(t.Context(), lea)
		if err != nil || kept.Name != "" || kept.Email != "" || kept.ClosedAt.IsZero() {
			t.Errorf("got %+v, %v, want an account without name and address", kept, err)
		}
		talk := s.seller.Do("GET", fmt.Sprintf("/chat/conversation/%d/", started.Conversation), "")
		if !strings.Contains(talk.Body, "Words of mine") || !strings.Contains(talk.Body, chat.FormerMember) || strings.Contains(talk.Body, "Lea") {
			t.Error("the conversation does not keep the words of a former member without their name")
		}
		for path, want := range map[string]int{page: http.StatusOK, "/accounts/profile/leaver/": http.StatusNotFound} {
			got := s.buyer.Do("GET", path, "")
			if got.Status != want || strings.Contains(got.Body, "Lea") {
				t.Errorf("%s: %d, want %d without the name", path, got.Status, want)
			}
		}
		if got := s.buyer.Do("GET", page, ""); !strings.Contains(got.Body, "No longer") {
			t.Error("what a former member offered can still be had")
		}
	})
}

// TestANewPasswordEndsTheOtherSessionsAndTheirSockets shows contract 21: a new password ends the
// other sessions, and their sockets.
func TestANewPasswordEndsTheOtherSessionsAndTheirSockets(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := open(t, d)
		s.visitor.Do("POST", "/api/v1/users", `{"username":"changer","password":"correct horse"}`)
		elsewhere := s.Client(t, "")
		elsewhere.Do("POST", "/api/v1/session", `{"username":"changer","password":"correct horse"}`)
		var lines []*apptest.Socket
		for _, c := range []*apptest.Client{s.visitor, elsewhere} {
			line, err := s.Dial(t, "/ws/", c.Token(), http.Header{"Origin": {s.URL}})
			if err != nil {
				t.Fatal(err)
			}
			line.Wait("hello")
			lines = append(lines, line)
		}
		grace := testkit.Grace(t)
		got := s.visitor.Do("POST", "/accounts/password-change/", "current=correct+horse&password=battery+staple")
		if got.Status != http.StatusSeeOther {
			t.Fatalf("changing: %d", got.Status)
		}
		began := time.Now() // the other session has ended
		if code := lines[1].Closed(); code != 4401 || time.Since(began) > time.Second+grace() {
			t.Errorf("the other socket closed with %d after %v, want 4401 within a second", code, time.Since(began))
		}
		lines[0].Send(`{"type":"ping"}`)
		lines[0].Wait("pong")
		if got := elsewhere.Do("GET", "/api/v1/me", ""); got.Status != http.StatusUnauthorized {
			t.Errorf("the other session: %d, want 401", got.Status)
		}
		for password, want := range map[string]int{"correct horse": 401, "battery staple": 200} {
			body, _ := json.Marshal(map[string]string{"username": "changer", "password": password})
			if got := s.Client(t, "").Do("POST", "/api/v1/session", string(body)); got.Status != want {
				t.Errorf("signing in with %q: %d, want %d", password, got.Status, want)
			}
		}
	})
}
