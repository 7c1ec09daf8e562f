package postbox_test

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"swapnest/internal/http/server"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

func TestOnlyThePersonOfAnAddressWritesByIt(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d, nil)
		h.owns(h.town.Buyer, "rahul@mail.example")
		evil := h.keyOf("evil.example")
		letter := func(old, with string) string { return strings.Replace(h.letter("Send money."), old, with, 1) }
		resigned := h.signed(h.letter("Yes."))
		for _, c := range []struct{ name, mail, want string }{
			{"no signature", h.letter("Send money."), "550 5.7.1"},
			{"a signature of another domain", h.signedBy(evil, "evil.example", h.letter("Send money.")), "550 5.7.1"},
			{"another person of the same provider", h.signed(letter(mine, "rahul@mail.example")), "550 5.7.1"},
			{"another person with her name", h.signed(letter("Meera <"+mine, `"`+mine+`" <eve@mail.example`)), "550 5.7.1"},
			{"a domain that looks alike", h.signedBy(evil, "evil.example", letter("mail.example>", "mail.example.evil.example>")), "550 5.7.1"},
			{"two authors", h.signed(letter("Meera <"+mine+">", mine+", eve@mail.example")), "550 5.7.1"},
			{"two fields", h.signed("From: eve@evil.example\r\n" + h.letter("Send money.")), "550 5.6.0"},
			{"a field on top of a signed mail", "From: " + mine + "\r\n" + h.signed(letter(mine, "eve@mail.example")), "550 5.6.0"},
			{"no author", h.signed(letter("From: Meera <"+mine+">", "From: nobody")), "550 5.7.1"},
			{"a text that was changed", strings.Replace(resigned, "Yes.", "No.", 1), "550 5.7.1"},
			{"a text behind the signed one", resigned + "Send money.\r\n", "550 5.7.1"},
			{"a word that nobody trusts", "Authentication-Results: mx.swap.example; dmarc=pass header.from=mail.example\r\n" + h.letter("Send money."), "550 5.7.1"},
			{"a sender that is not the author", h.signed(strings.Replace(letter(mine, "eve@mail.example"), "To:", "Sender: "+mine+"\r\nTo:", 1)), "550 5.7.1"},
			{"a header that ends early", "X: y\r\n\r\n" + resigned, "550 5.7.1"},
		} {
			if got := h.send(mine, h.alias, c.mail); !strings.HasPrefix(got, c.want) {
				t.Errorf("%s: %s, want %s", c.name, got, c.want)
			} else if !strings.Contains(got, "nswer on the site: http") {
				t.Errorf("%s: %q does not say what to do", c.name, got)
			}
			if got := h.texts(); len(got) > 0 {
				t.Fatalf("%s: written %q", c.name, got)
			}
		}
		// Her address is not shown to be hers.
		h.exec(fmt.Sprintf(`UPDATE users SET email_verified_at = 0 WHERE id = %d`, h.town.Seller.ID))
		if got := h.send(mine, h.alias, resigned); !strings.HasPrefix(got, "550 5.7.1") || len(h.texts()) > 0 {
			t.Errorf("not verified: %s", got)
		}
		h.owns(h.town.Seller, "Meera@MAIL.example")
		if got := h.send("anybody@else.example", h.alias, resigned); !strings.HasPrefix(got, "250") || len(h.texts()) != 1 {
			t.Errorf("her own: %s", got)
		}
	})
}

func TestTheWordOfTheMailSystemInFrontCounts(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t), func(o *server.Options) { o.Reply.Trusts = "mx.swap.example" })
	const pass = "Authentication-Results: mx.swap.example; dmarc=pass header.from=mail.example\r\n"
	const fail = "Authentication-Results: mx.swap.example; dmarc=fail header.from=mail.example\r\n"
	for _, c := range []struct{ name, mail, want string }{
		{"it says nothing", h.letter("one"), "550 5.7.1"},
		{"it says no, and below somebody yes", fail + pass + h.letter("two"), "550 5.7.1"},
		{"somebody else says yes", strings.Replace(pass, "mx.swap", "mx.evil", 1) + h.letter("three"), "550 5.7.1"},
		{"it says yes", pass + h.letter("four"), "250"},
		{"it says nothing of what is signed", h.signed(h.letter("five")), "250"},
	} {
		if got := h.send(mine, h.alias, c.mail); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	if got := h.texts(); !slices.Equal(got, []string{"four", "five"}) {
		t.Errorf("written %q", got)
	}
}

func TestTheRulesOfMessagesHoldForMail(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d, nil)
		send := func(text, want string) {
			t.Helper()
			if got := h.send(mine, h.alias, h.signed(h.letter(text, "Content-Type: text/plain; charset=utf-8"))); !strings.HasPrefix(got, want) {
				t.Errorf("%.50q: %s, want %s", text, got, want)
			}
		}
		send(strings.Repeat("long ", 900), "550 5.3.4 This message is too long")
		send("> only a quote\n\nOn 3 Feb 2025 10:11 Asha <a@b.example> wrote:\n> Is it?", "550 5.6.0 There is no answer in this mail")
		send("", "550 5.6.0 There is no answer")
		send("Yes.", "250")
		// Of a conversation that is not hers, with an address that was made for her.
		h.alias = h.Aliases.Address(12345, h.town.Seller.ID)
		send("Yes.", "550 5.1.1 There is no such conversation.")
		h.alias = h.Aliases.Address(h.conversation, 12345)
		send("Yes.", "550 5.1.1 There is no such mailbox")
		h.alias = h.Aliases.Address(h.conversation, h.town.Seller.ID)
		err := h.DB.Update(t.Context(), func(tx *store.Tx) error { return tx.CloseUser(t.Context(), h.town.Buyer.ID, time.Now()) })
		if err != nil {
			t.Fatal(err)
		}
		send("Are you there?", "550 5.2.1 The other person has closed their account")
		err = h.DB.Update(t.Context(), func(tx *store.Tx) error { return tx.CloseUser(t.Context(), h.town.Seller.ID, time.Now()) })
		if err != nil {
			t.Fatal(err)
		}
		send("I am gone.", "550 5.2.1 This account is closed")
		if got := h.texts(); !slices.Equal(got, []string{"Yes."}) {
			t.Errorf("written %q", got)
		}
	})
}

func TestWhatCannotBeTakenNowComesAgain(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t), func(o *server.Options) { o.RateLimits = true })
	mail := h.signed(h.letter("late"))
	h.mu.Lock()
	h.fault = &net.DNSError{Err: "timeout", IsTimeout: true}
	h.mu.Unlock()
	if got := h.send(mine, h.alias, mail); !strings.HasPrefix(got, "451 4.7.5") {
		t.Error("no DNS:", got)
	}
	h.mu.Lock()
	h.fault = nil
	h.mu.Unlock()
	refused, taken := 0, 0
	for i := range 25 {
		m := h.signed(h.letter(fmt.Sprint("message ", i)))
		switch got := h.send(mine, h.alias, m); {
		case strings.HasPrefix(got, "451 4.3.0 A little slower"):
			refused++
			if field, body := attached("b", "with a file", [3]string{"a.txt", "text/plain", "x"}); i == 24 {
				if got := h.send(mine, h.alias, h.signed(h.letter(body, field))); !strings.HasPrefix(got, "451") {
					t.Error("with a file:", got)
				}
			}
		case strings.HasPrefix(got, "250"):
			taken++
		default:
			t.Fatal(got)
		}
	}
	if refused == 0 || len(h.texts()) != taken {
		t.Errorf("%d refused, %d taken, %d written", refused, taken, len(h.texts()))
	}
	if err := h.DB.Close(); err != nil {
		t.Fatal(err)
	}
	if got := h.send(mine, h.alias, mail); !strings.HasPrefix(got, "451 4.3.0") || strings.Contains(got, "sql") {
		t.Error("no database:", got)
	}
}
