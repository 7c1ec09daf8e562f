package outbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// Whoever stops lets what is under way come to its end, and leaves the rest to another one.
func TestAStopLeavesNothingHalfDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := testkit.SQLite(t).Open(t, nil)
		var r results
		server := &away{answer: func(ctx context.Context, d store.Delivery) Outcome {
			if d.ID%2 == 0 {
				<-ctx.Done() // hangs
				return Outcome{Err: ctx.Err()}
			}
			time.Sleep(time.Second)
			return Outcome{Result: Sent}
		}}
		w := worker(db, chat.MailChannel, server, &r)
		w.Start()
		enqueue(t, db, chat.MailChannel, 10)
		time.Sleep(1500 * time.Millisecond)
		began := time.Now()
		w.Stop()
		if took := time.Since(began); took > parting+time.Second {
			t.Errorf("stopping took %s", took)
		}
		tried := len(server.attempts())
		waiting, dead := left(t, db)
		if len(dead) > 0 || r.all["sent"] == 0 || len(waiting) != 10-r.all["sent"] {
			t.Errorf("%d wait and %d were given up after %v", len(waiting), len(dead), r.all)
		}
		next := &away{answer: func(context.Context, store.Delivery) Outcome { return Outcome{Result: Sent} }}
		successor := worker(db, chat.MailChannel, next, &r)
		successor.Start()
		defer successor.Stop()
		time.Sleep(2 * look)
		if waiting, _ := left(t, db); len(waiting) > 0 {
			t.Errorf("%d wait for a node that has stopped", len(waiting))
		}
		if again := len(server.attempts()); again != tried {
			t.Errorf("%d attempts by a node that has stopped", again-tried)
		}
	})
}

// What is due at once goes at once when somebody wakes the worker, and soon when nobody does.
func TestAWakeIsFasterThanALook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := testkit.SQLite(t).Open(t, nil)
		server := &away{answer: func(context.Context, store.Delivery) Outcome { return Outcome{Result: Sent} }}
		var r results
		w := worker(db, chat.PushChannel, server, &r)
		w.Start()
		defer w.Stop()
		time.Sleep(look / 2)
		for i, c := range []struct {
			wake bool
			most time.Duration
		}{{true, 2 * linger}, {false, look + linger}} {
			enqueue(t, db, chat.PushChannel, 1)
			if c.wake {
				w.Wake()
			}
			time.Sleep(c.most)
			synctest.Wait()
			if n := len(server.attempts()); n != i+1 {
				t.Errorf("%d were tried within %s, want %d", n, c.most, i+1)
			}
		}
	})
}

func TestFaultsNameNobody(t *testing.T) {
	long := strings.Repeat("é", 300)
	for _, c := range []struct {
		said error
		want string
	}{
		{nil, "no reason given"},
		{errors.New("550 5.1.1 <asha@swap.example>:\n no such user"), "550 5.1.1 (…) no such user"},
		{fmt.Errorf("post %q: refused", "https://push.example/secret"), "post (…) refused"},
		{errors.New(long), long[:400] + "…"},
	} {
		if got := plainly(c.said); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
