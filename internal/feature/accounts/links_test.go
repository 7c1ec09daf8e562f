package accounts

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/limit"
	"swapnest/internal/store"
)

// withMail is an office that sends mail, where the owner has an address.
func withMail(t *testing.T, limits *Limits, test func(t *testing.T, o *office)) {
	t.Helper()
	inOffice(t, limits, func(t *testing.T, o *office) {
		o.mail = Mail{On: true, Site: func() string { return "https://swap.example" }}
		address := "owner@example.org"
		var err error
		if o.owner, err = o.Edit(t.Context(), o.owner.ID, EditCommand{Email: &address, Password: "correct horse"}, Origin{}); err != nil {
			t.Fatal(err)
		}
		test(t, o)
	})
}

// link returns the secret of a link that is mailed to the owner.
func (o *office) link(kind store.DeliveryKind) string {
	o.t.Helper()
	_, link, ok, err := o.MailToken(o.t.Context(), store.Delivery{Kind: kind, To: o.owner.ID, Note: `{"address":"owner@example.org"}`})
	if err != nil || !ok {
		o.t.Fatalf("no link: %v", err)
	}
	link = strings.TrimSuffix(link, "/")
	return link[max(strings.LastIndexByte(link, '/'), strings.LastIndexByte(link, '='))+1:]
}

// reset sets a password by a link, and returns the field that it was refused for.
func (o *office) reset(token string) string {
	o.t.Helper()
	return field(o.t, o.Reset(o.t.Context(), token, "battery staple", Origin{Address: "home"}))
}

func field(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	refusal, ok := err.(*chat.Error) //nolint:errorlint // what people get is no chain
	if !ok || refusal.Code != chat.Invalid {
		t.Fatalf("got %v, want a refusal of a field", err)
	}
	return refusal.Field
}

func (o *office) count(kind store.DeliveryKind) int {
	o.t.Helper()
	all, err := o.db.Deliveries(o.t.Context(), store.DeliveryQuery{Limit: 1000})
	if err != nil {
		o.t.Fatal(err)
	}
	n := 0
	for _, d := range all {
		if d.Kind == kind {
			n++
		}
	}
	return n
}

func TestSecretsOfLinksAre130RandomBits(t *testing.T) {
	withMail(t, &Limits{}, func(t *testing.T, o *office) {
		seen := make(map[string]bool)
		for range 100 {
			secret := o.link(store.DeliverReset)
			if len(secret) != 26 || strings.Trim(secret, "abcdefghijklmnopqrstuvwxyz234567") != "" || seen[secret] {
				t.Fatalf("got %q, want 26 new digits of 5 bits", secret)
			}
			seen[secret] = true
		}
	})
}

func TestALinkForAPasswordHoldsThirtyMinutesAndOneForAnAddressAWeek(t *testing.T) {
	withMail(t, &Limits{}, func(t *testing.T, o *office) {
		for _, c := range []struct {
			kind store.DeliveryKind
			life time.Duration
			use  func(token string) string
		}{
			{store.DeliverReset, 30 * time.Minute, o.reset},
			{store.DeliverVerify, 7 * 24 * time.Hour, func(token string) string {
				_, err := o.Verify(t.Context(), token, Origin{})
				return field(t, err)
			}},
		} {
			// A verified address is asked about no more: as if mail to it had come back.
			err := o.db.Update(t.Context(), func(tx *store.Tx) error {
				return tx.EmailBounced(t.Context(), o.owner.ID, "owner@example.org", time.Now())
			})
			if err != nil {
				t.Fatal(err)
			}
			late, early := o.link(c.kind), o.link(c.kind)
			time.Sleep(c.life - time.Millisecond) // simulated
			if err := o.PruneLinks(t.Context()); err != nil {
				t.Fatal(err)
			}
			if c.kind == store.DeliverReset {
				if err := o.MayReset(t.Context(), late, Origin{}); err != nil {
					t.Errorf("%s, a moment before its end: %v", c.kind, err)
				}
			}
			time.Sleep(time.Millisecond)
			if got := c.use(late); got != "token" {
				t.Errorf("%s, at its end: refused for %q, want the token", c.kind, got)
			}
			if got := c.use(early); got != "token" {
				t.Errorf("%s, at its end: refused for %q, want the token", c.kind, got)
			}
			in := o.link(c.kind)
			time.Sleep(c.life - time.Millisecond)
			if got := c.use(in); got != "" {
				t.Errorf("%s, a moment before its end: refused for %q", c.kind, got)
			}
		}
	})
}

func TestALinkForAPasswordIsVoidOnceThePasswordOrTheAddressHasChanged(t *testing.T) {
	for name, change := range map[string]func(o *office) error{
		"by another link": func(o *office) error {
			return o.Reset(o.t.Context(), o.link(store.DeliverReset), "a third one", Origin{})
		},
		"a new password": func(o *office) error {
			return o.ChangePassword(o.t.Context(), chat.Session{User: o.owner.ID}, "correct horse", "a third one", Origin{})
		},
		"the operator's password": func(o *office) error { return o.SetPassword(o.t.Context(), "owner", "a third one") },
		"another address and back": func(o *office) error {
			for _, address := range []string{"other@example.org", "owner@example.org"} {
				if _, err := o.Edit(o.t.Context(), o.owner.ID, EditCommand{Email: &address, Password: "correct horse"}, Origin{}); err != nil {
					return err
				}
			}
			return nil
		},
		"a closed account": func(o *office) error { return o.Close(o.t.Context(), o.owner.ID, "correct horse", Origin{}) },
	} {
		withMail(t, &Limits{}, func(t *testing.T, o *office) {
			o.t = t
			token := o.link(store.DeliverReset)
			if err := o.MayReset(t.Context(), token, Origin{}); err != nil {
				t.Fatal(err)
			}
			if err := change(o); err != nil {
				t.Fatal(err)
			}
			if got := o.reset(token); got != "token" {
				t.Errorf("after %s: refused for %q, want the token", name, got)
			}
		})
	}
}

// A link is looked at so often from one address, whether it is one or not.
func TestGuessingAtLinksIsLimited(t *testing.T) {
	withMail(t, &Limits{Link: limit.New(6*time.Second, 20, time.Now)}, func(t *testing.T, o *office) {
		token, tried := o.link(store.DeliverReset), 0
		for i := range 300 {
			from := Origin{Address: "attacker"}
			var err error
			switch i % 3 {
			case 0:
				err = o.MayReset(t.Context(), fmt.Sprint("guess", i), from)
			case 1:
				err = o.Reset(t.Context(), fmt.Sprint("guess", i), "battery staple", from)
			case 2:
				_, err = o.Verify(t.Context(), fmt.Sprint("guess", i), from)
			}
			if chat.CodeOf(err) == chat.Invalid {
				tried++
			} else if chat.CodeOf(err) != chat.RateLimited {
				t.Fatal(err)
			}
		}
		if tried != 20 {
			t.Errorf("%d of 300 guesses were looked at, want 20", tried)
		}
		if err := o.Reset(t.Context(), token, "battery staple", Origin{Address: "attacker"}); chat.CodeOf(err) != chat.RateLimited {
			t.Errorf("the right one is told from the wrong ones: %v", err)
		}
		if got := o.reset(token); got != "" {
			t.Errorf("the owner is refused at home for %q", got)
		}
	})
}

// A password is hashed for who has a link alone, so that guessing costs the node nothing.
func TestNothingIsHashedForALinkThatIsNone(t *testing.T) {
	withMail(t, &Limits{}, func(t *testing.T, o *office) {
		for range cap(o.hashers) {
			o.hashers <- struct{}{}
		}
		if got := o.reset("made up"); got != "token" {
			t.Errorf("refused for %q, want the token", got)
		}
	})
}

func TestMailsAreAskedForSoOftenAndBeyondThatSilentlyNot(t *testing.T) {
	limits := &Limits{
		Verify: limit.New(12*time.Minute, 5, time.Now), Reset: limit.New(20*time.Minute, 3, time.Now), Resets: limit.New(6*time.Minute, 10, time.Now),
	}
	withMail(t, limits, func(t *testing.T, o *office) {
		ask := func(email, address string) {
			t.Helper()
			if err := o.AskReset(t.Context(), email, Origin{Address: address}); err != nil {
				t.Errorf("%s from %s: %v, want the same answer always", email, address, err)
			}
		}
		for i := range 20 {
			ask([]string{"owner@example.org", "OWNER@example.org"}[i%2], fmt.Sprint("attacker", i))
		}
		if got := o.count(store.DeliverReset); got != 3 {
			t.Errorf("%d mails to one address, want 3", got)
		}
		for i := range 20 {
			ask(fmt.Sprintf("nobody%d@example.org", i), "attacker")
		}
		if got := o.count(store.DeliverReset); got != 13 {
			t.Errorf("%d mails, want 10 more that one address has asked for", got)
		}
		time.Sleep(time.Hour)
		ask("owner@example.org", "home")
		if got := o.count(store.DeliverReset); got != 14 {
			t.Errorf("%d mails after an hour, want one more", got)
		}
		before := o.count(store.DeliverVerify)
		for i := range 7 {
			if got, want := chat.CodeOf(o.AskVerify(t.Context(), o.owner.ID, Origin{})), map[bool]chat.Code{true: chat.RateLimited}[i >= 5]; got != want {
				t.Errorf("asking for the %d. time: got %q, want %q", i+1, got, want)
			}
		}
		if got := o.count(store.DeliverVerify) - before; got != 5 {
			t.Errorf("%d mails to verify an address, want 5", got)
		}
	})
}

func TestThePeopleOfTheDemoAreMailedOnlyWhereMailStaysHere(t *testing.T) {
	withMail(t, &Limits{}, func(t *testing.T, o *office) {
		err := o.db.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.InsertUser(t.Context(), chat.User{
				Username: "aarav", Email: "aarav@example.org", EmailVerified: time.Now(), Demo: true, CreatedAt: time.Now(),
			}, "!")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct{ demo, mail, want bool }{{true, false, false}, {false, true, false}, {true, true, true}} {
			o.demo, o.mail.Demo = c.demo, c.mail
			_, _, ok, err := o.MailToken(t.Context(), store.Delivery{Kind: store.DeliverReset, Note: `{"address":"aarav@example.org"}`})
			if err != nil || ok != c.want {
				t.Errorf("demo %t, mail that stays here %t: sent is %t (%v)", c.demo, c.mail, ok, err)
			}
			before := o.count(store.DeliverPassword)
			if err := o.SetPassword(t.Context(), "aarav", "battery staple"); err != nil {
				t.Fatal(err)
			}
			if got := o.count(store.DeliverPassword) > before; got != c.want {
				t.Errorf("demo %t, mail that stays here %t: told is %t", c.demo, c.mail, got)
			}
		}
	})
}

func TestTheOperatorAnswersForTheAddressOfAnAccountThatTheyMake(t *testing.T) {
	withMail(t, &Limits{}, func(t *testing.T, o *office) {
		for email, want := range map[string]bool{"made@example.org": true, "": false} {
			u, err := o.Create(t.Context(), fmt.Sprint("made", len(email)), "", email, "correct horse")
			if err == nil {
				u, err = o.db.User(t.Context(), u.ID)
			}
			if err != nil || u.EmailVerified.IsZero() == want {
				t.Errorf("%q: verified at %v (%v)", email, u.EmailVerified, err)
			}
		}
	})
}
