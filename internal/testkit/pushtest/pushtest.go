// Package pushtest is a push service for tests, with browsers that subscribe at it: a real server
// on loopback that checks who sends (RFC 8292), and browsers that decrypt what they get
// (RFC 8291). It shares no code with the sending side, so that what both get wrong alike is
// not taken for right.
package pushtest

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long a message is waited for.
const patience = 30 * time.Second

// Message is one that a browser got.
type Message struct {
	Text    []byte
	TTL     time.Duration
	Urgency string
	Topic   string
	Contact string // of who sent it
	Length  int    // of the encrypted body
}

// Answer is what the service says in place of taking a message.
type Answer struct {
	Status     int
	RetryAfter string // the header of this name; "" for none
}

// Service is a push service. It ends with its test.
type Service struct {
	server *httptest.Server
	now    func() time.Time

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced when something has come
	browsers map[string]*Browser
	answers  []Answer
	forever  Answer
	slow     time.Duration
	asked    int
	faults   []string
}

// Start starts a service whose clock is now; nil is time.Now.
func Start(tb testing.TB, now func() time.Time) *Service {
	tb.Helper()
	if now == nil {
		now = time.Now
	}
	s := &Service{now: now, changed: make(chan struct{}), browsers: map[string]*Browser{}}
	s.server = httptest.NewServer(s)
	tb.Cleanup(s.server.Close)
	return s
}

// Browser is one that has subscribed.
type Browser struct {
	Endpoint, P256dh, Auth string

	service *Service
	site    string // the key whose messages it takes
	key     *ecdh.PrivateKey
	secret  []byte
	got     []Message // guarded by the service's mu, as the next
	gone    bool
}

// Subscribe returns a browser that takes messages signed by one key alone, which is in base64url.
func (s *Service) Subscribe(tb testing.TB, site string) *Browser {
	tb.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	b := &Browser{service: s, site: site, key: key, secret: make([]byte, 16)}
	_, _ = rand.Read(b.secret) // never fails
	path := "/push/" + rand.Text()
	b64 := base64.RawURLEncoding.EncodeToString
	b.Endpoint, b.P256dh, b.Auth = s.server.URL+path, b64(key.PublicKey().Bytes()), b64(b.secret)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.browsers[path] = b
	return b
}

// JSON is what PushSubscription.toJSON() has.
func (b *Browser) JSON() string {
	// Three strings always encode.
	text, _ := json.Marshal(map[string]any{
		"endpoint": b.Endpoint, "expirationTime": nil, "keys": map[string]string{"p256dh": b.P256dh, "auth": b.Auth},
	})
	return string(text)
}

// Unsubscribe ends the subscription: the service answers 410 from now on.
func (b *Browser) Unsubscribe() {
	b.service.mu.Lock()
	defer b.service.mu.Unlock()
	b.gone = true
}

// Got returns what has come so far.
func (b *Browser) Got() []Message {
	b.service.mu.Lock()
	defer b.service.mu.Unlock()
	return append([]Message(nil), b.got...)
}

// Wait waits until there are n messages, and returns all there are.
func (b *Browser) Wait(tb testing.TB, n int) []Message {
	tb.Helper()
	b.service.wait(tb, fmt.Sprintf("%d messages at a browser", n), func() bool { return len(b.got) >= n })
	return b.Got()
}

// WaitAsked waits until the service was asked n times, whatever it answered.
func (s *Service) WaitAsked(tb testing.TB, n int) {
	tb.Helper()
	s.wait(tb, fmt.Sprintf("%d requests at the push service", n), func() bool { return s.asked >= n })
}

func (s *Service) wait(tb testing.TB, what string, done func() bool) {
	tb.Helper()
	over := time.After(patience)
	for {
		s.mu.Lock()
		ok, changed := done(), s.changed
		asked, faults := s.asked, s.faults
		s.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-over:
			tb.Fatalf("waited %v for %s; there were %d requests, and these were at fault: %q", patience, what, asked, faults)
		}
	}
}

// Next has the next requests answered so, one each, before they are looked at.
func (s *Service) Next(answers ...Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers = append(s.answers, answers...)
}

// Always has all requests answered so; the zero Answer takes messages again.
func (s *Service) Always(a Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forever = a
}

// Slow has each request wait for so long from now on, before it is looked at.
func (s *Service) Slow(wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slow = wait
}

// Asked returns how many requests there were.
func (s *Service) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// Faults returns what was wrong with requests, the oldest first.
func (s *Service) Faults() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.faults...)
}

// ServeHTTP takes one request.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 4097))
	if err != nil {
		http.Error(w, "the body is not whole", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	slow := s.slow
	s.mu.Unlock()
	select {
	case <-time.After(slow):
	case <-r.Context().Done():
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	defer func() {
		close(s.changed)
		s.changed = make(chan struct{})
	}()
	told := s.forever
	if len(s.answers) > 0 {
		told, s.answers = s.answers[0], s.answers[1:]
	}
	if told.Status != 0 {
		if told.RetryAfter != "" {
			w.Header().Set("Retry-After", told.RetryAfter)
		}
		w.WriteHeader(told.Status)
		return
	}
	b := s.browsers[r.URL.Path]
	if b == nil || b.gone {
		w.WriteHeader(http.StatusGone)
		return
	}
	status, err := s.take(b, r, body)
	if err != nil {
		s.faults = append(s.faults, err.Error())
		http.Error(w, err.Error(), status)
		return
	}
	w.Header().Set("Location", s.server.URL+"/message/"+rand.Text())
	w.WriteHeader(http.StatusCreated)
}

// take checks a request as push services do, and decrypts it as the browser does.
func (s *Service) take(b *Browser, r *http.Request, body []byte) (status int, err error) {
	if r.Method != http.MethodPost {
		return http.StatusMethodNotAllowed, fmt.Errorf("the method is %s, not POST", r.Method)
	}
	contact, err := authorized(r.Header.Get("Authorization"), s.server.URL, b.site, s.now())
	if err != nil {
		return http.StatusForbidden, err
	}
	m := Message{Contact: contact, Urgency: r.Header.Get("Urgency"), Topic: r.Header.Get("Topic"), Length: len(body)}
	ttl, err := strconv.ParseInt(r.Header.Get("TTL"), 10, 32)
	if err != nil || ttl < 0 {
		return http.StatusBadRequest, fmt.Errorf("TTL is %q, no number of seconds", r.Header.Get("TTL"))
	}
	m.TTL = time.Duration(ttl) * time.Second
	switch m.Urgency {
	case "very-low", "low", "normal", "high":
	default:
		return http.StatusBadRequest, fmt.Errorf("there is no urgency %q", m.Urgency)
	}
	if len(m.Topic) > 32 || strings.Trim(m.Topic, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		return http.StatusBadRequest, fmt.Errorf("%q is no topic", m.Topic)
	}
	if len(body) > 4096 {
		return http.StatusRequestEntityTooLarge, fmt.Errorf("the body has more than 4096 bytes")
	}
	if r.Header.Get("Content-Encoding") != "aes128gcm" {
		return http.StatusUnsupportedMediaType, fmt.Errorf("the content encoding is %q", r.Header.Get("Content-Encoding"))
	}
	if m.Text, err = decrypt(b.key, b.secret, body); err != nil {
		return http.StatusBadRequest, err
	}
	b.got = append(b.got, m)
	return http.StatusCreated, nil
}
