package push_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"swapnest/internal/outside"
	"swapnest/internal/push"
	"swapnest/internal/testkit/pushtest"
)

// sending is a client with a key, and a browser that has subscribed for it.
type sending struct {
	service *pushtest.Service
	browser *pushtest.Browser
	client  *push.Client
	signer  *push.Signer
	to      push.Subscription
}

func newSending(t *testing.T) sending {
	t.Helper()
	key, err := push.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	s := sending{
		service: pushtest.Start(t, nil), signer: push.NewSigner(key, "mailto:hello@swap.example", time.Now),
		client: push.NewClient(outside.New(outside.Options{Loopback: true}), time.Now),
	}
	s.browser = s.service.Subscribe(t, key.Public())
	if s.to, err = push.ParseSubscription(s.browser.Endpoint, s.browser.P256dh, s.browser.Auth, true); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAMessageComesAsItWasSent(t *testing.T) {
	s := newSending(t)
	long := strings.Repeat("é", push.MaxText/2)
	for i, m := range []push.Message{
		{To: s.to, Text: []byte("hello"), TTL: 90*time.Second + 1, Urgency: push.High, Topic: "abcdefghijklmnopqrstuvwxyz_-0123"},
		{To: s.to, Text: nil, TTL: 0, Urgency: push.Normal},
		{To: s.to, Text: []byte(long), TTL: time.Hour, Urgency: push.Low, Topic: "t"},
	} {
		answer, err := s.client.Send(t.Context(), s.signer, m)
		if err != nil || !answer.Taken() || answer.Status != 201 {
			t.Fatalf("message %d: %+v, %v; the service says %q", i, answer, err, s.service.Faults())
		}
		got := s.browser.Got()[i]
		ttl := (m.TTL + time.Second - 1).Truncate(time.Second)
		if string(got.Text) != string(m.Text) || got.TTL != ttl || got.Urgency != string(m.Urgency) || got.Topic != m.Topic || got.Contact != "mailto:hello@swap.example" {
			t.Errorf("message %d came as %+v", i, got)
		}
	}
}

func TestAServiceIsHeard(t *testing.T) {
	s := newSending(t)
	m := push.Message{To: s.to, Text: []byte("x"), Urgency: push.Normal}
	s.service.Next(pushtest.Answer{Status: 429, RetryAfter: "120"}, pushtest.Answer{Status: 404})
	if a, err := s.client.Send(t.Context(), s.signer, m); err != nil || a.Status != 429 || a.After != 2*time.Minute || a.Taken() || a.Gone() {
		t.Errorf("a busy service: %+v, %v", a, err)
	}
	if a, err := s.client.Send(t.Context(), s.signer, m); err != nil || !a.Gone() {
		t.Errorf("a subscription that is not known: %+v, %v", a, err)
	}
	s.browser.Unsubscribe()
	if a, err := s.client.Send(t.Context(), s.signer, m); err != nil || a.Status != 410 || !a.Gone() {
		t.Errorf("a subscription that has ended: %+v, %v", a, err)
	}
}

func TestAnErrorDoesNotTellTheEndpoint(t *testing.T) {
	s := newSending(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	send := func(client *push.Client, endpoint string) error {
		t.Helper()
		to, err := push.ParseSubscription(endpoint, s.browser.P256dh, s.browser.Auth, true)
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Send(t.Context(), s.signer, push.Message{To: to, Urgency: push.Normal})
		return err
	}
	if err := send(s.client, closed+"/secret"); err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), closed) {
		t.Errorf("nobody listens: %v", err)
	}
	guarded := push.NewClient(outside.New(outside.Options{}), time.Now)
	if err := send(guarded, "https://127.0.0.1/secret"); !errors.Is(err, outside.ErrRefused) || strings.Contains(err.Error(), "secret") {
		t.Errorf("an address near us: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.client.Send(ctx, s.signer, push.Message{To: s.to, Urgency: push.Normal}); !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "/push/") {
		t.Errorf("a request that was given up: %v", err)
	}
	if _, err := s.client.Send(t.Context(), s.signer, push.Message{To: s.to, Topic: strings.Repeat("t", 33)}); err == nil {
		t.Error("a topic that is too long was sent")
	}
	if n := s.service.Asked(); n != 0 {
		t.Errorf("the service was asked %d times", n)
	}
}
