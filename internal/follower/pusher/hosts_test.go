package pusher_test

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/reach"
	"swapnest/internal/follower/outbox"
	"swapnest/internal/follower/pusher"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// internet answers for all push services, as a test says.
type internet struct {
	answer func(host string) (status int, err error)

	mu     sync.Mutex
	asked  map[string]int
	taken  []time.Time // by Google's
	flying map[string]int
	most   int // at once, of one host that is not Google's
}

const google = "fcm.googleapis.com"

func (i *internet) RoundTrip(r *http.Request) (*http.Response, error) {
	host := r.URL.Hostname()
	i.mu.Lock()
	i.asked[host]++
	i.flying[host]++
	if host != google {
		i.most = max(i.most, i.flying[host])
	}
	i.mu.Unlock()
	status, err := i.answer(host)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.flying[host]--
	if err != nil {
		return nil, err
	}
	if host == google && status == http.StatusCreated {
		i.taken = append(i.taken, time.Now())
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(""))}, nil
}

// seen is how often each host was asked, when Google's has taken something, and how many attempts there
// were at once of one of the others.
func (i *internet) seen() (asked map[string]int, taken []time.Time, most int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return maps.Clone(i.asked), slices.Clone(i.taken), i.most
}

// street is a town whose people have browsers at many hosts, and an outbox that works.
type street struct {
	testkit.Town
	t     *testing.T
	db    *store.DB
	net   *internet
	reach *reach.Service
	next  int
}

func newStreet(t *testing.T, answer func(host string) (int, error)) *street {
	t.Helper()
	s := &street{t: t, db: testkit.SQLite(t).Open(t, nil), net: &internet{answer: answer, asked: map[string]int{}, flying: map[string]int{}}}
	s.Town = testkit.Populate(t, s.db)
	s.reach = reach.New(s.db, reach.Options{Now: time.Now})
	if err := s.reach.EnsureKey(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *street) works() {
	p := pusher.New(s.db, pusher.Options{
		HTTP: &http.Client{Transport: s.net, Timeout: 10 * time.Second}, Contact: "mailto:hello@swap.example", Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	w, err := outbox.New(s.db, outbox.Options{Senders: map[chat.Channel]outbox.Sender{chat.PushChannel: p}, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		s.t.Fatal(err)
	}
	w.Start()
	s.t.Cleanup(w.Stop)
}

// tell has something go to a new browser of somebody's at a host.
func (s *street) tell(who chat.User, host string) {
	s.t.Helper()
	s.next++
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	session := chat.Session{ID: chat.SessionID{byte(s.next), byte(s.next >> 8), 1}, User: who.ID, CreatedAt: time.Now(), ExpiresAt: time.Now().Add(chat.SessionLife)}
	err = s.db.Update(s.t.Context(), func(tx *store.Tx) error { return tx.InsertSession(s.t.Context(), session) })
	if err != nil {
		s.t.Fatal(err)
	}
	device, _, err := s.reach.Add(s.t.Context(), reach.AddCommand{
		Session: session, Endpoint: fmt.Sprintf("https://%s/%d", host, s.next),
		P256dh: base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()), Auth: base64.RawURLEncoding.EncodeToString(make([]byte, 16)),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	err = s.db.Update(s.t.Context(), func(tx *store.Tx) error {
		return tx.Enqueue(s.t.Context(), store.Delivery{Channel: chat.PushChannel, Kind: store.DeliverClear, To: who.ID, Device: device.ID, Note: `{}`})
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

var errNobody = errors.New("connection refused")

// TestHostsOfAFewStopNobody has six members with twenty browsers each, at hosts that refuse, that never
// answer, or that answer late, and somebody with a phone to whom something goes every minute.
func TestHostsOfAFewStopNobody(t *testing.T) {
	for name, bad := range map[string]func() (int, error){
		"refuse":       func() (int, error) { return 0, errNobody },
		"fail":         func() (int, error) { return http.StatusBadGateway, nil },
		"never answer": func() (int, error) { time.Sleep(10 * time.Second); return 0, context.DeadlineExceeded },
		"answer late":  func() (int, error) { time.Sleep(9 * time.Second); return http.StatusServiceUnavailable, nil },
	} {
		for _, hosts := range []int{1, 120} {
			if hosts == 1 && name != "refuse" {
				continue
			}
			t.Run(fmt.Sprintf("%d hosts %s", hosts, name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newStreet(t, func(host string) (int, error) {
						if host == google {
							return http.StatusCreated, nil
						}
						return bad()
					})
					for i := range 6 {
						var who chat.User
						err := s.db.Update(t.Context(), func(tx *store.Tx) (err error) {
							who, err = tx.InsertUser(t.Context(), chat.User{Username: fmt.Sprintf("bad%d", i), Name: "B", CreatedAt: time.Now()}, "!")
							return err
						})
						if err != nil {
							t.Fatal(err)
						}
						for n := range 20 {
							s.tell(who, fmt.Sprintf("host%d.example", (20*i+n)%hosts))
						}
					}
					s.works()
					const n = 5
					var began []time.Time
					for range n {
						time.Sleep(time.Minute)
						began = append(began, time.Now())
						s.tell(s.Buyer, google)
					}
					time.Sleep(time.Minute)
					all, taken, most := s.net.seen()
					if len(taken) != n {
						t.Fatalf("%d of %d have gone", len(taken), n)
					}
					for i, at := range taken {
						if lag := at.Sub(began[i]); lag > 2*time.Second {
							t.Errorf("number %d waited for %s", i, lag)
						}
					}
					asked := 0
					for host, n := range all {
						if host != google {
							asked += n
						}
					}
					if hosts == 1 && asked > 25 {
						t.Errorf("one host that is away was asked %d times in 5 minutes", asked)
					}
					if most > 2 {
						t.Errorf("%d attempts at once at one host", most)
					}
				})
			})
		}
	}
}

// TestAnHourWithoutABigService has the service of two people be away for an hour. It is asked about once
// a minute, and everything goes once it is back; who is elsewhere notices nothing.
func TestAnHourWithoutABigService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		back := time.Now().Add(time.Hour)
		s := newStreet(t, func(host string) (int, error) {
			time.Sleep(50 * time.Millisecond)
			if host == google && time.Now().Before(back) {
				return 0, errNobody
			}
			return http.StatusCreated, nil
		})
		s.works()
		const n = 30
		for i := range n {
			time.Sleep(time.Hour / n)
			s.tell([]chat.User{s.Buyer, s.Seller}[i%2], google)
			s.tell(s.Stranger, "updates.push.services.mozilla.com")
		}
		asked, _, _ := s.net.seen()
		if times := asked[google]; times < 50 || times > 100 {
			t.Errorf("it was asked %d times in an hour", times)
		}
		if times := asked["updates.push.services.mozilla.com"]; times < n-1 {
			t.Errorf("%d of %d went to another service meanwhile", times, n)
		}
		time.Sleep(2 * time.Minute)
		left, err := s.db.Deliveries(t.Context(), store.DeliveryQuery{})
		_, taken, _ := s.net.seen()
		if err != nil || len(left) > 0 || len(taken) != n {
			t.Errorf("%d have gone, and %d wait, 2 minutes after it is back (%v)", len(taken), len(left), err)
		}
	})
}

// One person alone does not put on hold what everybody uses.
func TestOnePersonDoesNotPutAServiceOnHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fails atomic.Bool
		s := newStreet(t, func(string) (int, error) {
			if fails.Load() {
				return http.StatusInternalServerError, nil
			}
			return http.StatusCreated, nil
		})
		s.works()
		s.tell(s.Buyer, google)
		time.Sleep(2 * time.Second)
		fails.Store(true)
		for range 10 {
			s.tell(s.Seller, google)
		}
		time.Sleep(2 * time.Second)
		fails.Store(false)
		s.tell(s.Buyer, google)
		time.Sleep(2 * time.Second)
		if _, taken, _ := s.net.seen(); len(taken) < 2 {
			t.Errorf("%d have gone, and what is somebody else's waits", len(taken))
		}
	})
}
