package hub

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
)

// ringing is a bell whose answers a test decides.
type ringing struct {
	*Bell
	look NoticesFunc
	told []chat.NoticesChanged
}

func ring(t *testing.T, test func(t *testing.T, r *ringing)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &ringing{}
		r.Bell = NewBell(func(ctx context.Context, ids []chat.NoticeID, who []chat.UserID) ([]chat.Notice, map[chat.UserID]int64, error) {
			return r.look(ctx, ids, who)
		}, func(s chat.Signal) { r.told = append(r.told, s.(chat.NoticesChanged)) }, slog.New(slog.DiscardHandler))
		defer r.Stop()
		test(t, r)
	})
}

func TestTheBellTellsOnceForAllThatRangMeanwhile(t *testing.T) {
	ring(t, func(t *testing.T, r *ringing) {
		looks, free := 0, make(chan struct{})
		r.look = func(_ context.Context, ids []chat.NoticeID, who []chat.UserID) ([]chat.Notice, map[chat.UserID]int64, error) {
			looks++
			if looks == 1 {
				<-free
			}
			return nil, map[chat.UserID]int64{7: int64(looks)}, nil
		}
		r.Ring(7)
		synctest.Wait()
		for range 100 {
			r.Ring(7)
		}
		close(free)
		synctest.Wait()
		if diff := cmp.Diff([]chat.NoticesChanged{{To: 7, Unread: 1}, {To: 7, Unread: 2}}, r.told); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	})
}

func TestANoticeThatWasReadMeanwhileIsNotToldAsNew(t *testing.T) {
	ring(t, func(t *testing.T, r *ringing) {
		r.look = func(_ context.Context, ids []chat.NoticeID, who []chat.UserID) ([]chat.Notice, map[chat.UserID]int64, error) {
			// Of 1 and 2 only the second is unread.
			return []chat.Notice{{ID: 2, To: 7}}, map[chat.UserID]int64{7: 1}, nil
		}
		r.Ring(7, 1, 2)
		synctest.Wait()
		if len(r.told) != 1 || r.told[0].Fresh == nil || r.told[0].Fresh.ID != 2 || r.told[0].Unread != 1 {
			t.Errorf("got %+v", r.told)
		}
	})
}

func TestTheBellGoesOnAfterAFault(t *testing.T) {
	ring(t, func(t *testing.T, r *ringing) {
		var down atomic.Bool
		down.Store(true)
		r.look = func(context.Context, []chat.NoticeID, []chat.UserID) ([]chat.Notice, map[chat.UserID]int64, error) {
			if down.Load() {
				return nil, nil, errors.New("no database")
			}
			return nil, map[chat.UserID]int64{7: 3}, nil
		}
		r.Ring(7)
		synctest.Wait()
		if len(r.told) != 0 {
			t.Errorf("told %v without a database", r.told)
		}
		down.Store(false)
		// Nobody rings again: whoever was to be told waits for the next try.
		time.Sleep(bellAgain)
		synctest.Wait()
		if diff := cmp.Diff([]chat.NoticesChanged{{To: 7, Unread: 3}}, r.told); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
		r.Stop()
		r.Ring(7) // nobody hears it, and nothing breaks
	})
}
