package limit_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"swapnest/internal/limit"
)

// node is one of several that share buckets of 20 tokens, one regained in a second.
type node struct {
	*limit.Sharing
	sends *limit.Keyed
}

func newNode(now func() time.Time) node {
	s := limit.NewSharing()
	return node{s, s.New("send", time.Second, 20, now)}
}

// takes returns how many tokens of a key are there, and takes them.
func (n node) takes(key string, most int) int {
	for i := range most {
		if n.sends.Take(key, "Too many.") != nil {
			return i
		}
	}
	return most
}

func TestABucketIsOneAtAllNodes(t *testing.T) {
	now := time.Unix(1, 0)
	clock := func() time.Time { return now }
	one, two := newNode(clock), newNode(clock)
	exchange := func() {
		a, b := one.News(100), two.News(100)
		one.Heard(b)
		two.Heard(a)
	}
	if got := one.takes("ada", 100); got != 20 {
		t.Fatalf("a full bucket held %d", got)
	}
	exchange()
	if got := two.takes("ada", 100); got != 0 {
		t.Errorf("the other node let %d more through", got)
	}
	if got := two.takes("bob", 100); got != 20 {
		t.Errorf("somebody else found %d", got)
	}
	exchange()

	// In a minute both together let as many through as one bucket regains.
	passed := 0
	for range 60 {
		now = now.Add(time.Second)
		passed += one.takes("ada", 100) + two.takes("ada", 100)
		exchange()
	}
	if passed < 50 || passed > 70 {
		t.Errorf("%d were let through in 60 s by two nodes, want about 60", passed)
	}
}

func TestWhoStaysFarBelowTheLimitIsNotTalkedAbout(t *testing.T) {
	now := time.Unix(1, 0)
	n := newNode(func() time.Time { return now })
	for range 50 {
		if got := n.takes("ada", 4); got != 4 {
			t.Fatal(got)
		}
		now = now.Add(4 * time.Second)
	}
	if news := n.News(100); news != nil {
		t.Errorf("others are told %v", news)
	}
	if got := n.takes("ada", 6); got != 6 {
		t.Fatal(got)
	}
	if news := n.News(100); len(news) != 1 || news[0] != (limit.Taken{Set: "send", Key: "ada", Tokens: 5}) {
		t.Errorf("others are told %v, want 5 of 6", news)
	}
	if news := n.News(100); news != nil {
		t.Errorf("they are told again: %v", news)
	}
}

func TestWhatIsHeardIsBounded(t *testing.T) {
	now := time.Unix(1, 0)
	n := newNode(func() time.Time { return now })
	long := strings.Repeat("x", 10_000)
	n.Heard([]limit.Taken{
		{Set: "send", Key: "ada", Tokens: math.MaxInt},
		{Set: "send", Key: "ada", Tokens: math.MaxInt},
		{Set: "send", Key: "bob", Tokens: -5},
		{Set: "send", Key: long, Tokens: 20},
		{Set: "another", Key: "bob", Tokens: 20},
	})
	if n.takes("bob", 100) != 20 || n.takes(long, 100) != 20 {
		t.Error("what makes no sense was taken")
	}
	now = now.Add(20 * time.Second)
	if got := n.takes("ada", 100); got != 0 {
		t.Errorf("%d were there after 20 s, want a debt of 20 to be just paid", got)
	}
	now = now.Add(20 * time.Second)
	if got := n.takes("ada", 100); got != 20 {
		t.Errorf("%d were there after 40 s, want 20", got)
	}
}

func TestNewsThatNobodyFetchesIsBounded(t *testing.T) {
	now := time.Unix(1, 0)
	s := limit.NewSharing()
	k := s.New("guess", time.Second, 1, func() time.Time { return now })
	for i := range 30_000 {
		if err := k.Take(time.Duration(i).String(), "Too many."); err != nil {
			t.Fatal(err)
		}
	}
	told := 0
	for news := s.News(1000); news != nil; news = s.News(1000) {
		told += len(news)
	}
	if told != 10_000 {
		t.Errorf("%d keys waited, want 10,000 at the most", told)
	}
}
