package bus_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/live/bus"
	"swapnest/internal/testkit"
)

// station is a node on a Redis whose messages a test counts.
type station struct {
	*bus.Redis
	tb      testing.TB
	trouble atomic.Int64
	said    atomic.Int64
	came    chan string
	seen    sync.Map // all that came
}

func newStation(tb testing.TB, url, epoch string) *station {
	tb.Helper()
	address, err := bus.ParseAddress(url)
	if err != nil {
		tb.Fatal(err)
	}
	s := &station{tb: tb, came: make(chan string, 100_000)}
	s.Redis = bus.NewRedis(bus.RedisOptions{
		Address: address, Epoch: func() string { return epoch }, Trouble: func() { s.trouble.Add(1) }, Log: slog.New(slog.DiscardHandler),
	})
	tb.Cleanup(s.Close)
	s.Join(func(to bus.Topic, m bus.Message) {
		what := fmt.Sprintf("%s %s", to, m.Frame)
		s.seen.Store(what, true)
		s.came <- what
	})
	return s
}

// subscribe asks for topics until it has them: at its beginning and right behind a change a node may miss
// probes, and says for a moment that the bus is down.
func (s *station) subscribe(topics ...bus.Topic) {
	s.tb.Helper()
	for _, t := range topics {
		eventually(s.tb, "it is subscribed", func() bool { return s.Subscribe(s.tb.Context(), t) == nil })
	}
}

// reaches publishes until it arrives at the other node, since the first may be lost.
func (s *station) reaches(other *station, t bus.Topic) {
	s.tb.Helper()
	text := fmt.Sprint("again ", s.said.Add(1)) // what still comes of a call before is none of this one
	eventually(s.tb, "a message arrives", func() bool {
		// What is lost is what this is about.
		_ = s.Publish(s.tb.Context(), bus.Message{To: []bus.Topic{t}, Frame: []byte(text)})
		select {
		case got := <-other.came:
			return got == string(t)+" "+text
		case <-time.After(50 * time.Millisecond):
			return false
		}
	})
}

func TestAKilledSubscriptionIsMadeAnewAndToldOf(t *testing.T) {
	server := testkit.StartRedis(t)
	one, two := newStation(t, server.URL(), ""), newStation(t, server.URL(), "")
	topic := bus.Person(1)
	two.subscribe(topic)
	one.reaches(two, topic)
	before := two.trouble.Load()
	server.Do("CLIENT", "KILL", "TYPE", "pubsub")
	eventually(t, "trouble is told of", func() bool { return two.trouble.Load() > before })
	one.reaches(two, topic)
}

func TestARedisThatDiesOrHangsIsNoticedWithinTwoSecondsAndHoldsNobodyUp(t *testing.T) {
	for name, fault := range map[string]struct{ fail, mend func(*testkit.Redis) }{
		"dies":  {(*testkit.Redis).Kill, (*testkit.Redis).Start},
		"hangs": {(*testkit.Redis).Hang, (*testkit.Redis).Resume},
	} {
		t.Run(name, func(t *testing.T) {
			server := testkit.StartRedis(t)
			one, two := newStation(t, server.URL(), ""), newStation(t, server.URL(), "")
			topic := bus.Person(1)
			two.subscribe(topic)
			one.subscribe(topic)
			one.reaches(two, topic)
			eventually(t, "both are healthy", func() bool { return one.Healthy() && two.Healthy() })
			before, lost, too := one.trouble.Load(), one.LostProbes(), two.LostProbes()
			grace := testkit.Grace(t)
			fault.fail(server)
			since := time.Now()
			eventually(t, "it is noticed", func() bool { return !one.Healthy() && !two.Healthy() })
			if took := time.Since(since); took > 2*time.Second+grace() {
				t.Errorf("noticed after %s", took)
			}
			eventually(t, "trouble is told of", func() bool { return one.trouble.Load() > before && one.LostProbes() > lost && two.LostProbes() > too })
			var down error
			for range 20_000 {
				if err := one.Publish(t.Context(), bus.Message{To: []bus.Topic{bus.Person(2)}, Frame: make([]byte, 1000)}); err != nil {
					down = err
				}
			}
			if !errors.Is(down, bus.ErrDown) || one.Dropped() == 0 {
				t.Errorf("20,000 messages found room: %v, %d dropped", down, one.Dropped())
			}
			for len(one.came) > 0 {
				<-one.came
			}
			since = time.Now()
			if err := one.Publish(t.Context(), bus.Message{To: []bus.Topic{topic}, Frame: []byte("own")}); err != nil && !errors.Is(err, bus.ErrDown) {
				t.Error(err)
			}
			if got := <-one.came; got != string(topic)+" own" {
				t.Errorf("got %q on the node itself", got)
			}
			if err := two.Subscribe(t.Context(), bus.Person(3)); !errors.Is(err, bus.ErrDown) {
				t.Errorf("subscribing gives %v", err)
			}
			if took := time.Since(since); took > time.Second+grace() {
				t.Errorf("publishing and subscribing took %s", took)
			}
			fault.mend(server)
			eventually(t, "both are healthy again", func() bool { return one.Healthy() && two.Healthy() })
			one.reaches(two, topic)
			one.reaches(two, bus.Person(3)) // asked for while it was down
		})
	}
}

func TestANodeStartsWithoutRedisAndFindsItLater(t *testing.T) {
	server := testkit.StartRedis(t)
	server.Kill()
	one, two := newStation(t, server.URL(), ""), newStation(t, server.URL(), "")
	topic := bus.Person(1)
	eventually(t, "it says that it is down", func() bool { return errors.Is(two.Subscribe(t.Context(), topic), bus.ErrDown) })
	server.Start()
	one.reaches(two, topic)
	eventually(t, "both are healthy", func() bool { return one.Healthy() && two.Healthy() })
}

// said is a log that a test reads.
type said struct {
	mu   sync.Mutex // guards text
	text strings.Builder
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func TestTheLogSaysWhatIsWrongWithRedisAndNotThePassword(t *testing.T) {
	server := testkit.StartRedis(t)
	wrong, err := bus.ParseAddress("redis://:geheim@" + server.Host())
	if err != nil {
		t.Fatal(err)
	}
	log := &said{}
	r := bus.NewRedis(bus.RedisOptions{Address: wrong, Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	t.Cleanup(r.Close)
	r.Join(func(bus.Topic, bus.Message) {})
	eventually(t, "it is told of", func() bool { return strings.Contains(log.String(), "WRONGPASS") })
	right, err := bus.ParseAddress(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	heard := &said{}
	two := bus.NewRedis(bus.RedisOptions{Address: right, Log: slog.New(slog.NewTextHandler(heard, nil))})
	t.Cleanup(two.Close)
	two.Join(func(bus.Topic, bus.Message) {})
	eventually(t, "it is healthy", two.Healthy)
	server.Hang()
	eventually(t, "it is not", func() bool { return strings.Contains(heard.String(), "does not carry") })
	server.Resume()
	password, _, _ := strings.Cut(strings.TrimPrefix(server.URL(), "redis://:"), "@")
	if all := log.String() + heard.String(); strings.Contains(all, "geheim") || strings.Contains(all, password) || !strings.Contains(all, server.Host()) {
		t.Errorf("the log says %s", all)
	}
}

func TestANodeEndsWhileRedisHangs(t *testing.T) {
	server := testkit.StartRedis(t)
	one := newStation(t, server.URL(), "")
	one.subscribe(bus.Person(1), bus.Person(2))
	server.Hang()
	since := time.Now()
	one.Close()
	if took := time.Since(since); took > 3*time.Second {
		t.Errorf("it took %s", took)
	}
	server.Resume()
}

func TestMessagesOfAnotherDatabaseAreSkipped(t *testing.T) {
	server := testkit.StartRedis(t)
	stranger, ours, two := newStation(t, server.URL(), "theirs"), newStation(t, server.URL(), "ours"), newStation(t, server.URL(), "ours")
	witness := newStation(t, server.URL(), "theirs")
	topic := bus.Person(1)
	two.subscribe(topic)
	witness.subscribe(topic)
	eventually(t, "the witness gets it", func() bool {
		// The first may be lost.
		_ = stranger.Publish(t.Context(), bus.Message{To: []bus.Topic{topic}, Frame: []byte("theirs")})
		select {
		case <-witness.came:
			return true
		case <-time.After(50 * time.Millisecond):
			return false
		}
	})
	ours.reaches(two, topic) // behind it, on the same channel
	if _, came := two.seen.Load(string(topic) + " theirs"); came {
		t.Error("a message of another database came")
	}
}

// When slots move between the servers of a cluster, subscriptions move along.
func TestSubscriptionsFollowTheSlotsOfACluster(t *testing.T) {
	servers := testkit.StartRedisCluster(t)
	url := testkit.ClusterURL(servers)
	one, two := newStation(t, url, ""), newStation(t, url, "")
	var topics []bus.Topic
	for i := range 60 {
		topics = append(topics, bus.Person(chat.UserID(i+1)))
	}
	two.subscribe(topics...)
	for _, to := range topics {
		one.reaches(two, to)
	}
	before := two.trouble.Load()
	from, to := strings.TrimSpace(servers[0].Do("CLUSTER", "MYID")), strings.TrimSpace(servers[1].Do("CLUSTER", "MYID"))
	servers[0].Do("--cluster", "reshard", servers[1].Host(), "--cluster-from", from, "--cluster-to", to, "--cluster-slots", "1500", "--cluster-yes")
	eventually(t, "trouble is told of", func() bool { return two.trouble.Load() > before })
	for _, to := range topics {
		one.reaches(two, to)
	}
}
