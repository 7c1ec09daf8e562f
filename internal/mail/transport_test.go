package mail_test

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"swapnest/internal/mail"
	"swapnest/internal/testkit/mailtest"
)

// sample is a mail with everything.
func sample() mail.Message {
	return mail.Message{
		From: netmail.Address{Name: "Ásha \"Kiran\" (SwapNest)", Address: "hello@swap.example"},
		To:   netmail.Address{Name: "বিলাল", Address: "bilal@example.org"},
		ID:   "n7.abc@swap.example", Thread: "c3.2.def@swap.example",
		Subject: "Asha wrote about आराम कुर्सी, a very comfortable chair with a title that goes on and on until it has to be folded",
		Date:    time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC), Unsubscribe: "https://swap.example/unsubscribe/token/",
		Plain: "Is it still there?\n" + strings.Repeat("long ", 400) + "\n.\nआख़िर\n", HTML: "<p>Is it still there?</p><img src=\"cid:photo@swap.example\">",
		Picture: &mail.Picture{ID: "photo@swap.example", Name: "photo.jpg", Type: "image/jpeg", Bytes: []byte{0xff, 0xd8, 0, 1, 2}},
	}
}

func transport(t *testing.T, s *mailtest.Server, address, password string, roots *x509.CertPool) *mail.Transport {
	t.Helper()
	to, err := mail.ParseServer(address, password)
	if err != nil {
		t.Fatal(err)
	}
	return mail.NewTransport(to, mail.Options{Roots: roots, Timeout: 10 * time.Second, Dial: s.Dial})
}

func TestAMailArrivesAsItWasMeantByEachWay(t *testing.T) {
	for _, way := range []struct {
		name, address, password string
		o                       mailtest.Options
	}{
		{"STARTTLS and a password", "smtp://us@" + mailtest.Host + ":587", "s3cr3t", mailtest.Options{STARTTLS: true, User: "us", Password: "s3cr3t"}},
		{"TLS from the first byte", "smtps://us:s3cr3t@" + mailtest.Host, "", mailtest.Options{TLS: true, User: "us", Password: "s3cr3t"}},
		{"loopback without either", "smtp://127.0.0.1:25", "", mailtest.Options{}},
		{"loopback with a password", "smtp://us@localhost", "s3cr3t", mailtest.Options{User: "us", Password: "s3cr3t"}},
	} {
		t.Run(way.name, func(t *testing.T) {
			s := mailtest.Start(t, way.o)
			want := sample()
			want.Envelope = "bounce+7@swap.example"
			if err := transport(t, s, way.address, way.password, s.Roots()).Send(t.Context(), want); err != nil {
				t.Fatal(err)
			}
			got := s.Wait(1)[0]
			if got.From != want.Envelope || got.To != want.To.Address || got.TLS != (way.o.TLS || way.o.STARTTLS) || got.User != way.o.User {
				t.Errorf("got the envelope %q → %q, TLS %t, user %q", got.From, got.To, got.TLS, got.User)
			}
			for name, value := range map[string]string{
				"Subject": want.Subject, "Message-ID": "<" + want.ID + ">", "References": "<" + want.Thread + ">", "In-Reply-To": "<" + want.Thread + ">",
				"List-Unsubscribe": "<" + want.Unsubscribe + ">", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
				"Auto-Submitted": "auto-generated", "Date": "Sat, 28 Nov 2026 12:00:00 +0000", "MIME-Version": "1.0",
			} {
				if got.Get(name) != value {
					t.Errorf("%s is %q, want %q", name, got.Get(name), value)
				}
			}
			for name, value := range map[string]netmail.Address{"From": want.From, "To": want.To} {
				if all, err := got.Header.AddressList(name); err != nil || len(all) != 1 || *all[0] != value {
					t.Errorf("%s is %v (%v), want %v", name, all, err, value)
				}
			}
			if got.Plain != want.Plain || got.HTML != want.HTML || string(got.Pictures[want.Picture.ID]) != string(want.Picture.Bytes) {
				t.Errorf("got the text %q, the page %q, the pictures %v", got.Plain, got.HTML, got.Pictures)
			}
		})
	}
}

func TestNothingIsSentOverALineThatIsNotSafe(t *testing.T) {
	for _, test := range []struct {
		name, address string
		o             mailtest.Options
		trusted       bool
		says          string
	}{
		{"no STARTTLS", "smtp://us@" + mailtest.Host, mailtest.Options{User: "us", Password: "s3cr3t"}, true, "STARTTLS"},
		{"STARTTLS with an unknown certificate", "smtp://us@" + mailtest.Host, mailtest.Options{STARTTLS: true, User: "us", Password: "s3cr3t"}, false, "unknown authority"},
		{"TLS with an unknown certificate", "smtps://us@" + mailtest.Host, mailtest.Options{TLS: true, User: "us", Password: "s3cr3t"}, false, "unknown authority"},
		{"STARTTLS with a certificate for another name", "smtp://us@other.example", mailtest.Options{STARTTLS: true, User: "us", Password: "s3cr3t"}, true, "not other.example"},
		{"a wrong password", "smtp://us@" + mailtest.Host, mailtest.Options{STARTTLS: true, User: "us", Password: "another"}, true, "535"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := mailtest.Start(t, test.o)
			roots := x509.NewCertPool()
			if test.trusted {
				roots = s.Roots()
			}
			err := transport(t, s, test.address, "s3cr3t", roots).Send(t.Context(), sample())
			f, ok := errors.AsType[*mail.Fault](err)
			if !ok || f.Kind != mail.Temporary || !strings.Contains(f.Error(), test.says) || strings.Contains(f.Error(), "s3cr3t") {
				t.Errorf("got %v, want a temporary fault that says %q", err, test.says)
			}
			if len(s.Mails()) != 0 {
				t.Error("the mail was sent all the same")
			}
		})
	}
}

func TestAnAnswerSaysWhatBecomesOfTheMail(t *testing.T) {
	s := mailtest.Start(t, mailtest.Options{STARTTLS: true})
	way := transport(t, s, "smtp://"+mailtest.Host, "", s.Roots())
	for _, test := range []struct {
		at     mailtest.Step
		code   int
		status [3]int
		kind   mail.Kind
		step   string
	}{
		{mailtest.Greet, 421, [3]int{4, 3, 2}, mail.Temporary, "connecting"},
		{mailtest.Greet, 554, [3]int{5, 3, 2}, mail.Temporary, "connecting"},
		{mailtest.From, 451, [3]int{4, 3, 0}, mail.Temporary, "MAIL FROM"},
		{mailtest.From, 550, [3]int{5, 7, 1}, mail.Temporary, "MAIL FROM"}, // no mail of ours is taken: this one is not at fault
		{mailtest.To, 450, [3]int{4, 2, 1}, mail.Temporary, "RCPT TO"},
		{mailtest.To, 550, [3]int{5, 1, 1}, mail.BadAddress, "RCPT TO"},
		{mailtest.To, 550, [3]int{5, 2, 1}, mail.BadAddress, "RCPT TO"},
		{mailtest.To, 552, [3]int{5, 2, 2}, mail.BadMessage, "RCPT TO"},
		{mailtest.To, 554, [3]int{5, 7, 1}, mail.BadMessage, "RCPT TO"},
		{mailtest.Take, 452, [3]int{4, 3, 1}, mail.Temporary, "the message"},
		{mailtest.Take, 554, [3]int{5, 7, 1}, mail.BadMessage, "the message"},
		{mailtest.Lose, 1, [3]int{}, mail.Temporary, "the message"},
	} {
		s.Fail(test.at, test.code, test.status, "no such user bilal <bilal@example.org>, ask carol@elsewhere.test")
		err := way.Send(t.Context(), sample())
		f, ok := errors.AsType[*mail.Fault](err)
		if !ok || f.Kind != test.kind || !strings.Contains(f.Step, test.step) || (f.Code != test.code && test.at != mailtest.Lose) {
			t.Errorf("%s %d %v: got %#v (%v), want kind %d", test.at, test.code, test.status, f, err, test.kind)
		}
		if err != nil && (strings.Contains(err.Error(), "bilal") || strings.Contains(err.Error(), "example.org") || strings.Contains(err.Error(), "carol")) {
			t.Errorf("%s %d: the fault names the person: %v", test.at, test.code, err)
		}
		s.Fail(test.at, 0, [3]int{}, "")
	}
	s.Stop()
	if f, ok := errors.AsType[*mail.Fault](way.Send(t.Context(), sample())); !ok || f.Kind != mail.Temporary {
		t.Errorf("a server that is gone: got %v", f)
	}
	s.Start()
	if err := way.Send(t.Context(), sample()); err != nil {
		t.Errorf("a server that is back: %v", err)
	}
}

// A server that says nothing is given up, and its connection closed.
func TestASilentServerIsGivenUp(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	closed := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err == nil {
			_, err = c.Read(make([]byte, 1)) // ends when the other side goes
		}
		closed <- err
	}()
	to, err := mail.ParseServer("smtp://"+l.Addr().String(), "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err = mail.NewTransport(to, mail.Options{Timeout: time.Minute}).Send(ctx, sample())
	if f, ok := errors.AsType[*mail.Fault](err); !ok || f.Kind != mail.Temporary {
		t.Errorf("got %v", err)
	}
	l.Close() // or, if it never came there, Accept would wait for ever
	if err := <-closed; err == nil {
		t.Error("something was sent")
	}
}

func TestAddressesThatAreNotASCIINeedAServerThatTakesThem(t *testing.T) {
	m := sample()
	m.To.Address = "जोग@उदाहरण.example"
	plain := mailtest.Start(t, mailtest.Options{})
	f, ok := errors.AsType[*mail.Fault](transport(t, plain, "smtp://127.0.0.1", "", nil).Send(t.Context(), m))
	if !ok || f.Kind != mail.BadMessage || !strings.Contains(f.Text, "SMTPUTF8") {
		t.Errorf("got %v", f)
	}
	wide := mailtest.Start(t, mailtest.Options{UTF8: true})
	if err := transport(t, wide, "smtp://127.0.0.1", "", nil).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if got := wide.Wait(1)[0]; got.To != m.To.Address {
		t.Errorf("it went to %q", got.To)
	}
}
