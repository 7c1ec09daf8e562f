package bus_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"swapnest/internal/live/bus"
	"swapnest/internal/testkit"
)

// once publishes a message once and waits for it.
func (s *station) once(other *station, t bus.Topic, text string) {
	s.tb.Helper()
	if err := s.Publish(s.tb.Context(), bus.Message{To: []bus.Topic{t}, Frame: []byte(text)}); err != nil {
		s.tb.Fatal(err)
	}
	eventually(s.tb, text, func() bool {
		_, came := other.seen.Load(string(t) + " " + text)
		return came
	})
}

// TestWhenSentinelsPutAReplicaInTheMastersPlaceTheBusIsHealthyAgainByItself also prints how long it
// took. The sentinel takes a master for gone after half a second.
func TestWhenSentinelsPutAReplicaInTheMastersPlaceTheBusIsHealthyAgainByItself(t *testing.T) {
	for name, fail := range map[string]func(*testkit.Redis){"dies": (*testkit.Redis).Kill, "hangs": (*testkit.Redis).Hang} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // It waits most of its time.
			s := testkit.StartRedisSentinel(t)
			one, two := newStation(t, s.URL(), ""), newStation(t, s.URL(), "")
			topic := bus.Person(1)
			two.subscribe(topic)
			one.reaches(two, topic)
			eventually(t, "both are healthy", func() bool { return one.Healthy() && two.Healthy() })
			before := [...]int64{one.trouble.Load(), two.trouble.Load()}
			fail(s.Master)
			since := time.Now()
			// A node that is quick to find the new master loses no probe, or is healthy again before the other
			// has lost one. That something may have been lost it says in any case.
			eventually(t, "trouble is told of", func() bool { return one.trouble.Load() > before[0] && two.trouble.Load() > before[1] })
			noticed := time.Since(since)
			one.reaches(two, topic)
			t.Logf("the master %s: noticed after %s, messages come again after %s", name, noticed.Round(time.Millisecond), time.Since(since).Round(time.Millisecond))
			if role := s.Replica.Do("ROLE"); !strings.HasPrefix(role, "master") {
				t.Errorf("the replica's role is %s", role)
			}
			eventually(t, "both are healthy again", func() bool { return one.Healthy() && two.Healthy() })
			two.subscribe(bus.Person(2))
			one.once(two, bus.Person(2), "to a topic of afterwards")
			one.once(two, topic, "to a topic of before")

			// Who the master is, they know by themselves.
			s.Sentinel.Kill()
			two.subscribe(bus.Person(3))
			one.once(two, bus.Person(3), "without a sentinel")
			eventually(t, "both are healthy without a sentinel", func() bool { return one.Healthy() && two.Healthy() })
		})
	}
}

func TestNodesFollowAMasterThatIsChangedByHand(t *testing.T) {
	t.Parallel() // It waits most of its time.
	s := testkit.StartRedisSentinel(t)
	one, two := newStation(t, s.URL(), ""), newStation(t, s.URL(), "")
	topic := bus.Person(1)
	two.subscribe(topic)
	one.reaches(two, topic)
	before := two.trouble.Load()
	s.Failover()
	eventually(t, "the replica is the master", func() bool {
		role, err := s.Replica.Try("ROLE")
		return err == nil && strings.HasPrefix(role, "master")
	})
	eventually(t, "trouble is told of", func() bool { return two.trouble.Load() > before })
	one.reaches(two, topic)
	eventually(t, "both are healthy", func() bool { return one.Healthy() && two.Healthy() })
	eventually(t, "nobody is left at the one before", func() bool {
		who, err := s.Master.Try("CLIENT", "LIST")
		return err == nil && !strings.Contains(who, "name=swapnest")
	})
}

func TestANodeStartsWithoutSentinelAndFindsItLater(t *testing.T) {
	t.Parallel() // It waits most of its time.
	s := testkit.StartRedisSentinel(t)
	s.Sentinel.Kill()
	// Nobody ever answers for the first of the sentinels.
	url := strings.Replace(s.URL(), s.Sentinel.Host(), "127.0.0.1:1,"+s.Sentinel.Host(), 1)
	one, two := newStation(t, url, ""), newStation(t, url, "")
	eventually(t, "it says that it is down", func() bool { return errors.Is(two.Subscribe(t.Context(), bus.Person(1)), bus.ErrDown) })
	s.Sentinel.Start()
	one.reaches(two, bus.Person(1))
	eventually(t, "both are healthy", func() bool { return one.Healthy() && two.Healthy() })
}

func TestANodeIsUpAndEndsWhileTheSentinelHangs(t *testing.T) {
	t.Parallel() // It waits most of its time.
	s := testkit.StartRedisSentinel(t)
	s.Sentinel.Hang()
	one := newStation(t, s.URL(), "")
	since := time.Now()
	eventually(t, "it says that it is down", func() bool { return errors.Is(one.Subscribe(t.Context(), bus.Person(1)), bus.ErrDown) })
	one.Close()
	if took := time.Since(since); took > 7*time.Second {
		t.Errorf("it took %s", took)
	}
}
