package postbox_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/http/server"
	"swapnest/internal/testkit"
)

func TestAnAnswerByMailIsAMessageThatTheOtherPersonSeesAtOnce(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d, nil)
		_, token := h.SignIn(t, h.town.Buyer)
		line, err := h.Dial(t, "/ws/", token, nil)
		if err != nil {
			t.Fatal(err)
		}
		line.Wait("hello")
		mail := h.signed(h.letter("Yes, it is.\n.\n..and a lock\n\nOn Mon, Feb 3, 2025 at 10:11 AM Asha <"+h.alias+"> wrote:\n> Is it there?", "Content-Type: text/plain; charset=utf-8"))
		if got := h.send(mine, h.alias, mail); !strings.HasPrefix(got, "250 2.0.0") {
			t.Fatal(got)
		}
		const want = "Yes, it is.\n.\n..and a lock"
		if got := h.texts(); !slices.Equal(got, []string{want}) {
			t.Errorf("written %q", got)
		}
		frame := line.Wait("message")
		if shown := fmt.Sprint(frame); !strings.Contains(shown, "..and a lock") || strings.Contains(shown, "Is it there?") || strings.Contains(shown, mine) {
			t.Errorf("shown %s", shown)
		}
		// The same mail again, by another way, is the same message.
		if got := h.send("other@mail.example", strings.ToUpper(h.alias), "Received: by mx\r\n"+mail); !strings.HasPrefix(got, "250") {
			t.Error(got)
		}
		if got := h.texts(); len(got) != 1 {
			t.Errorf("written %q", got)
		}
		shown := h.Client(t, "").Do("GET", "/metrics", "").Body
		for _, outcome := range []string{"taken", "duplicate"} {
			if line := fmt.Sprintf("swapnest_replies_total{outcome=%q} 1\n", outcome); !strings.Contains(shown, line) {
				t.Errorf("the metrics have no %s", line)
			}
		}
		for _, secret := range []string{mine, h.alias, "mail.example", "it is", strings.Split(h.alias, "-")[3]} {
			if strings.Contains(h.log.String(), secret) {
				t.Errorf("the log holds %q: %s", secret, h.log)
			}
		}
	})
}

// TestAMailIsOneMessageWhateverItIsCalled plays somebody who sends a mail of another person on, once
// more and under another name: what is signed of it is the same.
func TestAMailIsOneMessageWhateverItIsCalled(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t), nil)
	written := func(at time.Time) string {
		return h.signed("From: " + mine + "\r\nTo: " + h.alias + "\r\nDate: " + at.Format(time.RFC1123Z) + "\r\n\r\nYes.\r\n")
	}
	at := time.Now().Add(-time.Hour)
	mail := written(at)
	for _, again := range []string{mail, mail, "Message-ID: <2@evil.example>\r\n" + mail} {
		if got := h.send(mine, h.alias, again); !strings.HasPrefix(got, "250") {
			t.Fatal(got)
		}
	}
	if got := h.send(mine, h.alias, written(at.Add(time.Minute))); !strings.HasPrefix(got, "250") {
		t.Fatal(got)
	}
	if got := h.texts(); !slices.Equal(got, []string{"Yes.", "Yes."}) {
		t.Errorf("written %q", got)
	}
}

// TestAMailToSomebodyElseIsNotSentOn has mails that the person has really signed, but not for here and now.
func TestAMailToSomebodyElseIsNotSentOn(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t), nil)
	mail := func(to, cc string, at time.Time) string {
		m := "From: " + mine + "\r\nTo: " + to + "\r\n"
		if cc != "" {
			m += "Cc: " + cc + "\r\n"
		}
		return m + "Date: " + at.Format(time.RFC1123Z) + "\r\n\r\nYes, I agree.\r\n"
	}
	now := time.Now()
	for _, c := range []struct{ name, mail, want string }{
		{"to somebody else", mail("landlord@else.example", "", now), "550 5.7.1 This mail is not written to this conversation"},
		{"to nobody", strings.Replace(mail("x@y.example", "", now), "To: x@y.example\r\n", "", 1), "550 5.7.1 This mail is not"},
		{"four days old", mail(h.alias, "", now.Add(-96*time.Hour)), "550 5.7.1 This mail says that it was not written within"},
		{"of the day after tomorrow", mail(h.alias, "", now.Add(48*time.Hour)), "550 5.7.1 This mail says"},
		{"of no day", strings.Replace(mail(h.alias, "", now), "Date:", "X-Date:", 1), "550 5.7.1 This mail says"},
		{"a copy", mail("landlord@else.example", "Answers <"+strings.ToUpper(h.alias)+">", now), "250"},
	} {
		if got := h.send(mine, h.alias, h.signed(c.mail)); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	// A second field in front of the one that is signed would be read in place of it.
	twice := "To: " + h.alias + "\r\n" + h.signed(mail("landlord@else.example", "", now))
	if got := h.send(mine, h.alias, twice); !strings.HasPrefix(got, "550 5.6.0 This mail is malformed") {
		t.Errorf("two fields: %s", got)
	}
	if got := h.texts(); len(got) != 1 {
		t.Errorf("written %q", got)
	}
}

// TestAQuoteThatIsNotSeenShowsNoAddress has an answer in a language whose quotes are not known.
func TestAQuoteThatIsNotSeenShowsNoAddress(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t), nil)
	text := "Jā.\n\nPirmdien, Asha (SwapNest), <" + h.alias + ">, rakstīja:\nAtbildiet uz " + strings.ToUpper(h.alias) + ". Rakstiet asha@mail.example!"
	mail := h.signed(h.letter(text, "Content-Type: text/plain; charset=utf-8"))
	if got := h.send(mine, h.alias, mail); !strings.HasPrefix(got, "250") {
		t.Fatal(got)
	}
	got := strings.Join(h.texts(), "")
	if strings.Contains(strings.ToLower(got), "reply.swap.example") || strings.Count(got, "[address removed]") != 2 || !strings.Contains(got, "asha@mail.example") {
		t.Errorf("written %q", got)
	}
}

func TestAMailSystemInFrontIsAnsweredForEachRecipient(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d, func(o *server.Options) { o.Reply.LMTP, o.Reply.Trusts = true, "mx.swap.example" })
		c := h.call()
		c.wants(c.hears(), "220 "+domain)
		c.wants(c.says("EHLO mx.swap.example"), "500")
		c.wants(c.says("LHLO mx.swap.example"), "250")
		other := h.Aliases.Address(h.conversation, h.town.Buyer.ID)
		back := h.Aliases.Bounce(h.town.Seller.ID, mine)
		for range 2 { // one line has several mails
			c.wants(c.says("MAIL FROM:<"+mine+"> BODY=8BITMIME SIZE=500"), "250")
			for to, want := range map[string]string{h.alias: "250", "asha@" + domain: "550 5.1.1", "asha@swap.example": "550 5.1.1"} {
				c.wants(c.says("RCPT TO:<"+to+">"), want)
			}
			c.wants(c.says("RCPT TO:<"+other+">"), "250")
			c.wants(c.says("RCPT TO:<"+back+">"), "250")
			c.wants(c.says("DATA"), "354")
			c.writes(stuffed(h.letter("Ja – noch da.", "Authentication-Results: mx.swap.example; dmarc=pass header.from=mail.example", "Content-Transfer-Encoding: 8bit")))
			c.wants(c.hears(), "250 2.0.0 <"+h.alias+">")
			c.wants(c.hears(), "550 5.7.1 <"+other+">")
			c.wants(c.hears(), "250 2.0.0 <"+back+">")
		}
		c.wants(c.says("QUIT"), "221")
		if got := h.texts(); !slices.Equal(got, []string{"Ja – noch da.", "Ja – noch da."}) {
			t.Errorf("written %q", got)
		}
	})
}

func attached(boundary string, text string, files ...[3]string) (field, body string) {
	body = "--" + boundary + "\nContent-Type: text/plain\n\n" + text + "\n"
	for _, f := range files {
		body += fmt.Sprintf("--%s\nContent-Type: %s\nContent-Disposition: attachment; filename=%q\nContent-Transfer-Encoding: base64\n\n%s\n",
			boundary, f[1], f[0], base64.StdEncoding.EncodeToString([]byte(f[2])))
	}
	return "Content-Type: multipart/mixed; boundary=" + boundary, body + "--" + boundary + "--"
}

func TestWhatIsAttachedGoesWithTheMessage(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d, func(o *server.Options) {
			o.Media = chat.DefaultMedia()
			o.Media.PerMessage, o.Media.FileBytes = 2, 10_000
		})
		field, body := attached("b", "See the bill.", [3]string{"bill.txt", "text/plain", "cycle 4000"}, [3]string{"run.exe", "application/x-msdownload", "MZ\x90\x00 runs"},
			[3]string{"large.txt", "text/plain", strings.Repeat("x", 10_001)}, [3]string{"third.txt", "text/plain", "three"}, [3]string{"fourth.txt", "text/plain", "four"})
		mail := h.signed(h.letter(body, field))
		for range 2 {
			if got := h.send(mine, h.alias, mail); !strings.HasPrefix(got, "250") {
				t.Fatal(got)
			}
		}
		all, err := h.DB.As(h.town.Seller.ID).MessagesAfter(t.Context(), h.conversation, 0, 10)
		if err != nil || len(all) != 2 {
			t.Fatalf("%d messages, %v", len(all), err)
		}
		i := slices.IndexFunc(all, func(m chat.Message) bool { return m.Sender.ID == h.town.Seller.ID })
		m := all[i]
		if len(m.Attachments) != 2 || m.Attachments[0].Name != "bill.txt" || m.Attachments[0].Size != 10 {
			t.Errorf("attached %+v", m.Attachments)
		}
		for _, want := range []string{"See the bill.\n\n[Not delivered: run.exe. ", "\n[Not delivered: large.txt. A file can have at most", "\n[Not delivered: fourth.txt. At most 2 files fit in one message."} {
			if !strings.Contains(m.Text, want) {
				t.Errorf("%q is not in %q", want, m.Text)
			}
		}
		// Only what cannot be sent: nothing is.
		field, body = attached("b", "", [3]string{"run.exe", "application/x-msdownload", "MZ\x90\x00 runs"})
		if got := h.send(mine, h.alias, h.signed(h.letter(body, field))); !strings.HasPrefix(got, "550 5.6.0") {
			t.Error(got)
		}
		// Only a file.
		field, body = attached("b", "", [3]string{"", "text/x-log", "lines"})
		if got := h.send(mine, h.alias, h.signed(h.letter(body, field))); !strings.HasPrefix(got, "250") {
			t.Error(got)
		}
		if got := h.texts(); len(got) != 2 || !slices.Contains(got, "") {
			t.Errorf("written %q", got)
		}
	})
}

func TestReportsMarkTheAddressAndAutomaticAnswersGoNowhere(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d, nil)
		bounced := func() bool {
			t.Helper()
			u, err := h.DB.User(t.Context(), h.town.Seller.ID)
			if err != nil {
				t.Fatal(err)
			}
			return !u.EmailBounced.IsZero()
		}
		report := func(action, status string) string {
			return "From: MAILER-DAEMON@mx.mail.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n" +
				"--b\r\n\r\nIt failed.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; " + mine +
				"\r\nAction: " + action + "\r\nStatus: " + status + "\r\n\r\n--b--\r\n"
		}
		back := h.Aliases.Bounce(h.town.Seller.ID, mine)
		for _, c := range []struct{ what, from, to, mail string }{
			{"a delay", "", back, report("delayed", "4.4.1")},
			{"a failure for now", "", back, report("failed", "4.2.2")},
			{"no report", "", back, h.letter("What is this?")},
			{"a report of another address", "", h.Aliases.Bounce(h.town.Seller.ID, "old@mail.example"), report("failed", "5.1.1")},
			{"a report of nobody", "", h.Aliases.Bounce(12345, mine), report("failed", "5.1.1")},
			{"a report to an address for answers", "", h.alias, report("failed", "5.1.1")},
			{"an automatic answer", mine, h.alias, h.signed(h.letter("I am away.", "Auto-Submitted: auto-replied"))},
			{"from nobody", "", h.alias, h.signed(h.letter("I am away."))},
			{"a list", mine, h.alias, h.signed(h.letter("All", "List-Id: <x.example>"))},
		} {
			if got := h.send(c.from, c.to, c.mail); !strings.HasPrefix(got, "250") {
				t.Errorf("%s: %s", c.what, got)
			}
			if bounced() || len(h.texts()) > 0 {
				t.Fatalf("%s: bounced %v, written %q", c.what, bounced(), h.texts())
			}
		}
		if got := h.send("", strings.ToUpper(back), report("failed", "5.1.1")); !strings.HasPrefix(got, "250") || !bounced() {
			t.Errorf("%s, bounced %v", got, bounced())
		}
	})
}
