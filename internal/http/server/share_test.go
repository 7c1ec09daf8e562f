package server_test

import (
	"fmt"
	"strings"
	"testing"

	"swapnest/internal/feature/messaging"
	"swapnest/internal/testkit"
)

// Without a service worker nothing can be kept of what another app shares but its words, and nothing of it is sent.
func TestWhatIsSharedWithoutAWorkerKeepsItsWords(t *testing.T) {
	s := open(t, testkit.SQLite(t))
	started, err := s.Messages.Start(t.Context(), s.town.Buyer.ID, messaging.StartCommand{Listing: s.town.Listing.ID, ClientID: "a", Text: "Hi"})
	if err != nil {
		t.Fatal(err)
	}
	talk := fmt.Sprintf(`href="/chat/conversation/%d/`, started.Conversation)
	fields := [][2]string{{"title", "Lamp"}, {"text", "<b>Look</b> at this"}, {"url", "https://a.example/1"}}
	large := make([]byte, 2<<20)
	got := s.buyer.Form("/share/", fields, picture(t, 40, 30), large)
	if got.Status != 200 || !strings.Contains(got.Body, "Lamp\n&lt;b&gt;Look&lt;/b&gt; at this\nhttps://a.example/1</textarea>") {
		t.Errorf("got %d without the words:\n%s", got.Status, got.Body)
	}
	if !strings.Contains(got.Body, talk+`"`) || strings.Contains(got.Body, "?shared") {
		t.Errorf("the page does not lead to the conversation as it is:\n%s", got.Body)
	}
	said := s.buyer.Do("GET", fmt.Sprintf("/api/v1/conversations/%d/messages", started.Conversation), "")
	if n := strings.Count(said.Body, `"client_id"`); n != 1 {
		t.Errorf("got %d messages, want the one of before: %s", n, said.Body)
	}
	if got := s.visitor.Form("/share/", fields, picture(t, 40, 30)); got.Status != 200 || !strings.Contains(got.Body, "https://a.example/1</textarea>") || !strings.Contains(got.Body, "/accounts/login/?next=%2Fshare%2F") || strings.Contains(got.Body, talk) {
		t.Errorf("a visitor got %d:\n%s", got.Status, got.Body)
	}
	// With one, the page lets one choose, and the page of the conversation takes it.
	if got := s.buyer.Do("GET", "/share/", ""); got.Status != 200 || !strings.Contains(got.Body, talk+`?shared"`) {
		t.Errorf("got %d without the conversation:\n%s", got.Status, got.Body)
	}
	if got := s.visitor.Do("GET", "/share/", ""); got.Status != 303 || got.Header.Get("Location") != "/accounts/login/?next=%2Fshare%2F" {
		t.Errorf("a visitor got %d to %q", got.Status, got.Header.Get("Location"))
	}
}
