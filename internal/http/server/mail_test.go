package server_test

import (
	"fmt"
	"net/http"
	netmail "net/mail"
	"net/url"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/http/server"
	"swapnest/internal/mail"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/mailtest"
)

// mailingBy has a node send its mails by a server, a moment after something was written.
func mailingBy(t *testing.T, s *mailtest.Server) func(*server.Options) {
	t.Helper()
	to, err := mail.ParseServer("smtp://"+s.Address(), "")
	if err != nil {
		t.Fatal(err)
	}
	return func(o *server.Options) {
		o.Mail = server.Mail{
			Transport: mail.NewTransport(to, mail.Options{}), From: netmail.Address{Name: "SwapNest", Address: "hello@swap.example"}, PerDay: 20,
		}
		o.Timing = store.Timing{MailGap: time.Millisecond}
	}
}

// pathOf is where the first link of a text that begins so leads.
func pathOf(t *testing.T, text, under string) string {
	t.Helper()
	for word := range strings.FieldsSeq(text) {
		if u, err := url.Parse(word); err == nil && u.Host != "" && strings.HasPrefix(u.Path, under) {
			return u.RequestURI()
		}
	}
	t.Fatalf("there is no link to %s in %s", under, text)
	return ""
}

// A whole round: somebody gives an address and shows that it is theirs, is written to, is mailed, and ends
// such mails by their link. Only what concerns their account is mailed from then on.
func TestSomebodyWhoIsAwayIsMailedUntilTheySayNo(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		post := mailtest.Start(t, mailtest.Options{})
		s := openWith(t, d, mailingBy(t, post))
		if err := s.Accounts.SetPassword(t.Context(), s.town.Seller.Username, "correct horse"); err != nil {
			t.Fatal(err)
		}
		if got := s.seller.Do("POST", "/api/v1/session", fmt.Sprintf(`{"username":%q,"password":"correct horse"}`, s.town.Seller.Username)); got.Status != http.StatusOK {
			t.Fatalf("%d: %s", got.Status, got.Body)
		}
		if got := s.seller.Do("PATCH", "/api/v1/me", `{"email":"seller@example.org","password":"correct horse"}`); got.Status != http.StatusOK {
			t.Fatalf("%d: %s", got.Status, got.Body)
		}
		verify := post.Wait(1)[0]
		if got := s.visitor.Do("POST", pathOf(t, verify.Plain, "/accounts/verify-email/"), "x=1"); got.Status >= http.StatusBadRequest {
			t.Fatalf("the address was not verified: %d: %s", got.Status, got.Body)
		}
		if _, err := s.Messages.Start(t.Context(), s.town.Buyer.ID, messaging.StartCommand{Listing: s.town.Listing.ID, ClientID: "a", Text: "Is it still there?"}); err != nil {
			t.Fatal(err)
		}
		told := post.Wait(2)[1]
		if told.To != "seller@example.org" || !strings.Contains(told.Plain, "Is it still there?") {
			t.Fatalf("got to %s: %s", told.To, told.Plain)
		}
		if got := s.seller.Do("GET", pathOf(t, told.Plain, "/chat/conversation/"), ""); got.Status != http.StatusOK {
			t.Errorf("the link of the mail leads to %d", got.Status)
		}
		leave, err := url.Parse(strings.Trim(told.Header.Get("List-Unsubscribe"), "<>"))
		if err != nil {
			t.Fatal(err)
		}
		if got := s.visitor.Send("POST", leave.Path, "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"); got.Status != http.StatusOK {
			t.Fatalf("leaving: %d: %s", got.Status, got.Body)
		}
		p, err := s.DB.Preferences(t.Context(), s.town.Seller.ID)
		if err != nil || p.EmailProductInquiry || !p.EmailNewMessage {
			t.Errorf("after leaving: %+v (%v)", p, err)
		}
		// What concerns their account comes all the same.
		if got := s.visitor.Do("POST", "/api/v1/password-reset", `{"email":"seller@example.org"}`); got.Status != http.StatusAccepted {
			t.Fatalf("%d: %s", got.Status, got.Body)
		}
		reset := post.Wait(3)[2]
		if reset.Get("Subject") != "A new password for SwapNest" || reset.Header.Get("List-Unsubscribe") != "" {
			t.Errorf("got %q", reset.Get("Subject"))
		}
	})
}

// A mailbox that is not there is written to once, and the person sees it.
func TestAMailboxThatIsNotThereIsWrittenToOnce(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		post := mailtest.Start(t, mailtest.Options{})
		s := openWith(t, d, mailingBy(t, post))
		d.Verify(t, s.town.Seller.ID)
		post.Fail(mailtest.To, 550, [3]int{5, 1, 1}, "no such user")
		if _, err := s.Messages.Start(t.Context(), s.town.Buyer.ID, messaging.StartCommand{Listing: s.town.Listing.ID, ClientID: "a", Text: "Hi"}); err != nil {
			t.Fatal(err)
		}
		bounced := func() bool {
			u, err := s.DB.User(t.Context(), s.town.Seller.ID)
			if err != nil {
				t.Fatal(err)
			}
			return !u.EmailBounced.IsZero()
		}
		for !bounced() {
			time.Sleep(10 * time.Millisecond)
			if t.Context().Err() != nil {
				t.Fatal("nobody noted it")
			}
		}
		post.Fail(mailtest.To, 0, [3]int{}, "")
		if all, err := s.DB.Deliveries(t.Context(), store.DeliveryQuery{Channel: chat.MailChannel, State: store.DeliveryDead}); err != nil || len(all) != 0 {
			t.Errorf("got %v (%v)", all, err)
		}
		if me := s.seller.Do("GET", "/api/v1/me", "").JSON(t); me["user"].(map[string]any)["email_bounced"] != true {
			t.Errorf("the seller is not told: %v", me)
		}
		if n := len(post.Mails()); n != 0 {
			t.Errorf("%d mails went", n)
		}
	})
}

// A node whose mail server is not there starts, serves and closes as fast as any.
func TestNobodyWaitsForTheMailServer(t *testing.T) {
	post := mailtest.Start(t, mailtest.Options{})
	change := mailingBy(t, post)
	post.Stop()
	d := testkit.SQLite(t)
	s := openWith(t, d, change)
	d.Verify(t, s.town.Seller.ID)
	if _, err := s.Messages.Start(t.Context(), s.town.Buyer.ID, messaging.StartCommand{Listing: s.town.Listing.ID, ClientID: "a", Text: "Hi"}); err != nil {
		t.Fatal(err)
	}
	tried := func() []store.Delivery {
		all, err := s.DB.Deliveries(t.Context(), store.DeliveryQuery{Channel: chat.MailChannel, State: store.DeliveryWaiting})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	for len(tried()) == 0 || tried()[0].Fault == "" {
		time.Sleep(10 * time.Millisecond)
	}
	if fault := tried()[0].Fault; !strings.Contains(fault, "connecting to the mail server") || strings.Contains(fault, "swap.example") {
		t.Errorf("it says %q", fault)
	}
}
