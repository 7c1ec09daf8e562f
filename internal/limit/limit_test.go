package limit

import (
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"swapnest/internal/chat"
)

// clock is a time that only the test moves.
type clock struct{ at time.Time }

func newClock() *clock { return &clock{time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time { return c.at }

// take returns how long the key must wait, 0 when it got its token.
func take(t *testing.T, k *Keyed, key string) time.Duration {
	t.Helper()
	err := k.Take(key, "Slower, please.")
	if err == nil {
		return 0
	}
	e, ok := errors.AsType[*chat.Error](err)
	if !ok || e.Code != chat.RateLimited || e.Detail != "Slower, please." || e.RetryAfter <= 0 {
		t.Fatalf("got %#v, want rate_limited with the sentence and a time", err)
	}
	return e.RetryAfter
}

func TestTokensRunOutAndComeBack(t *testing.T) {
	for name, c := range map[string]struct {
		every time.Duration
		burst int
		steps []time.Duration // before each try
		want  []time.Duration // the wait of each try
	}{
		"a burst, then nothing": {
			time.Second, 3,
			[]time.Duration{0, 0, 0, 0},
			[]time.Duration{0, 0, 0, time.Second},
		},
		"one comes back in its time": {
			time.Second, 1,
			[]time.Duration{0, 400 * time.Millisecond, 600 * time.Millisecond, 0},
			[]time.Duration{0, 600 * time.Millisecond, 0, time.Second},
		},
		"refusals cost nothing": {
			time.Second, 1,
			[]time.Duration{0, 0, 0, 0, time.Second},
			[]time.Duration{0, time.Second, time.Second, time.Second, 0},
		},
		"never more than the burst": {
			time.Second, 2,
			[]time.Duration{0, time.Hour, 0, 0},
			[]time.Duration{0, 0, 0, time.Second},
		},
		"a clock that goes back gives nothing": {
			time.Second, 1,
			[]time.Duration{0, -time.Hour},
			[]time.Duration{0, time.Second},
		},
		"slow ones": {
			time.Hour, 1,
			[]time.Duration{0, 30 * time.Minute, 30 * time.Minute},
			[]time.Duration{0, 30 * time.Minute, 0},
		},
	} {
		t.Run(name, func(t *testing.T) {
			at := newClock()
			k := New(c.every, c.burst, at.now)
			for i, step := range c.steps {
				at.at = at.at.Add(step)
				if got := take(t, k, "a"); got != c.want[i] {
					t.Errorf("try %d: got a wait of %v, want %v", i+1, got, c.want[i])
				}
			}
		})
	}
}

func TestKeysDoNotShareTokens(t *testing.T) {
	k := New(time.Minute, 1, newClock().now)
	if take(t, k, "a") != 0 || take(t, k, "b") != 0 || take(t, k, "a") == 0 {
		t.Error("two keys share a bucket, or one has two")
	}
}

func TestNoLimitsAllowEverything(t *testing.T) {
	var k *Keyed
	for range 1000 {
		if take(t, k, "a") != 0 {
			t.Fatal("a limit that is not there refused")
		}
	}
}

func TestKeysAreBounded(t *testing.T) {
	at := newClock()
	k := New(time.Minute, 1, at.now)
	for i := range most {
		take(t, k, strconv.Itoa(i))
	}
	at.at = at.at.Add(time.Hour)
	take(t, k, "0") // Empty again, while all others are full.
	take(t, k, "one more")
	if got := len(k.buckets); got != 2 {
		t.Errorf("got %d buckets after the full ones were forgotten, want 2", got)
	}
	if take(t, k, "0") == 0 {
		t.Error("a bucket that was empty has been forgotten")
	}
}

func TestMemoryIsBoundedWhenNothingCanBeForgotten(t *testing.T) {
	k := New(time.Hour, 1, newClock().now)
	for i := range most + 10 {
		take(t, k, strconv.Itoa(i))
	}
	if got := len(k.buckets); got > most {
		t.Errorf("got %d buckets, want at most %d", got, most)
	}
}

func TestManyTakeAtOnce(t *testing.T) {
	k := New(time.Hour, 100, newClock().now)
	var mu sync.Mutex // guards got
	got := 0
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if k.Take("a", "Slower, please.") == nil {
					mu.Lock()
					got++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if got != 100 {
		t.Errorf("got %d tokens out of a bucket of 100", got)
	}
}

// Bug: the time was rounded down, so that whoever came back after exactly that long
// was refused again, or was told no time at all.
func TestWhoeverWaitsAsLongAsToldGetsAToken(t *testing.T) {
	for _, every := range []time.Duration{
		300 * time.Microsecond, 1400 * time.Microsecond, time.Second / 3, 7 * time.Second, time.Hour / 7,
	} {
		at := newClock()
		k := New(every, 1, at.now)
		take(t, k, "a")
		wait := take(t, k, "a")
		if wait < every || wait >= every+time.Millisecond {
			t.Errorf("one in %v: told to wait %v", every, wait)
		}
		at.at = at.at.Add(wait)
		if again := take(t, k, "a"); again != 0 {
			t.Errorf("one in %v: refused after %v, told to wait another %v", every, wait, again)
		}
	}
}

// Bug: refusals that met each other took tokens that were never given back, so that
// a crowd kept everybody out for longer than they were told.
func TestRefusalsAtOnceCostNothing(t *testing.T) {
	at := newClock()
	k := New(time.Second, 1, at.now)
	take(t, k, "a")
	for range 20 {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 100 {
					if k.Take("a", "Slower, please.") == nil {
						t.Error("got a token that is not there")
					}
				}
			})
		}
		wg.Wait()
		at.at = at.at.Add(time.Second)
		if wait := take(t, k, "a"); wait != 0 {
			t.Fatalf("refusals cost tokens: %v more to wait", wait)
		}
	}
}

// A refusal for one bucket takes nothing from the others, and says how long the emptiest
// one takes.
func TestSeveralTokensAreTakenTogetherOrNotAtAll(t *testing.T) {
	at := newClock()
	person, crowd := New(time.Second, 3, at.now), New(time.Minute, 1, at.now)
	both := func(who string) error {
		return TakeAll("Slower, please.", Token{person, who}, Token{nil, "nobody"}, Token{crowd, "here"})
	}
	if err := both("a"); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		e, ok := errors.AsType[*chat.Error](both("b"))
		if !ok || e.Code != chat.RateLimited || e.RetryAfter != time.Minute {
			t.Fatalf("got %v, want a minute to wait", e)
		}
	}
	for i := range 3 {
		if take(t, person, "b") != 0 {
			t.Errorf("of b's 3 tokens, refusals have cost all but %d", i)
		}
	}
	at.at = at.at.Add(time.Minute)
	for range 3 {
		take(t, person, "c")
	}
	if both("c") == nil {
		t.Error("got a token that is not there")
	}
	if err := both("a"); err != nil {
		t.Errorf("the crowd's token was taken by a refusal: %v", err)
	}
}

func TestLookingTakesNothing(t *testing.T) {
	k := New(time.Minute, 1, newClock().now)
	for range 5 {
		if err := Look("Slower, please.", Token{k, "a"}); err != nil {
			t.Fatal(err)
		}
	}
	take(t, k, "a")
	if Look("Slower, please.", Token{k, "a"}) == nil {
		t.Error("a token is seen that is not there")
	}
}

func TestWhatIsGivenBackIsThereAgainAndNoMore(t *testing.T) {
	k := New(time.Minute, 2, newClock().now)
	take(t, k, "a")
	take(t, k, "a")
	GiveBack(Token{k, "a"}, Token{nil, "a"})
	take(t, k, "a")
	if Look("Slower, please.", Token{k, "a"}) == nil {
		t.Error("a token is there that was not given back")
	}
	for range 5 { // more than were taken
		GiveBack(Token{k, "a"})
	}
	take(t, k, "a")
	take(t, k, "a")
	if Look("Slower, please.", Token{k, "a"}) == nil {
		t.Error("a bucket holds more than fits")
	}
}

func TestManyTakeSeveralAtOnce(t *testing.T) {
	at := newClock()
	person, crowd := New(time.Hour, 100, at.now), New(time.Hour, 150, at.now)
	var mu sync.Mutex // guards got
	got := map[string]int{}
	var wg sync.WaitGroup
	for i := range 8 {
		who := strconv.Itoa(i % 2)
		wg.Go(func() {
			for range 50 {
				if TakeAll("Slower, please.", Token{person, who}, Token{crowd, "here"}) == nil {
					mu.Lock()
					got[who]++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if sum := got["0"] + got["1"]; sum != 150 {
		t.Errorf("got %d tokens out of a bucket of 150", sum)
	}
	for who, n := range got {
		for ; n < 100; n++ {
			if take(t, person, who) != 0 {
				t.Fatalf("refusals have cost %s some of its tokens", who)
			}
		}
		if take(t, person, who) == 0 {
			t.Errorf("%s got more than its bucket holds", who)
		}
	}
}

// What is given back is not taken anywhere: else who repeats a command that is known, which costs nothing,
// would empty others' buckets at other nodes.
func TestWhatIsGivenBackIsTakenAtNoOtherNode(t *testing.T) {
	s := NewSharing()
	k := s.New("conversation", time.Minute, 20, newClock().now) // told by fives
	told := func() (n int) {
		for _, news := range s.News(100) {
			n += news.Tokens
		}
		return n
	}
	turn := func(takes, back int) {
		for range takes {
			take(t, k, "a")
		}
		for range back {
			GiveBack(Token{k, "a"})
		}
	}
	turn(12, 12)
	if n := told(); n != 0 {
		t.Errorf("others were told of %d tokens that were given back", n)
	}
	for range 12 {
		take(t, k, "a")
	}
	first := told() // before they are given back
	turn(0, 12)
	turn(12, 0)
	if n := first + told(); n < 10 || n > 12 {
		t.Errorf("others were told of %d tokens, 12 are taken", n)
	}
}

// Bug: what strangers typed was remembered as it came, a hundred thousand texts of any length.
func TestOfALongKeyAHashIsRemembered(t *testing.T) {
	at := newClock()
	s, other := NewSharing(), NewSharing()
	k, there := s.New("name", time.Minute, 1, at.now), other.New("name", time.Minute, 1, at.now)
	fits := strings.Repeat("n", longKey)
	long := []string{strings.Repeat("n", 1<<20), strings.Repeat("n", 1<<20) + "e", fits + "n"}
	for _, key := range append(long, fits) {
		if take(t, k, key) != 0 || take(t, k, key) == 0 {
			t.Errorf("a key of %d bytes has not one token of its own", len(key))
		}
	}
	if k.buckets[fits] == nil {
		t.Errorf("a key of %d bytes is not kept as it is", len(fits))
	}
	news := s.News(100)
	other.Heard(news)
	for _, key := range append(long, fits) {
		if take(t, there, key) == 0 {
			t.Errorf("another node does not hear of a key of %d bytes", len(key))
		}
	}
	GiveBack(Token{k, long[0]})
	if take(t, k, long[0]) != 0 || len(k.buckets) != 4 {
		t.Errorf("what is given back to a long key is not there, or at another one of %d", len(k.buckets))
	}
	for key := range k.buckets {
		if len(key) > longKey {
			t.Errorf("a key of %d bytes is remembered", len(key))
		}
	}
	for _, n := range news {
		if len(n.Key) > longKey {
			t.Errorf("others are told a key of %d bytes", len(n.Key))
		}
	}
}
