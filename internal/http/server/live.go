package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/follower"
	"swapnest/internal/follower/tail"
	"swapnest/internal/limit"
	"swapnest/internal/live/bus"
	"swapnest/internal/live/hub"
	"swapnest/internal/live/peers"
)

// happened passes a committed event on, and wakes who follows the log.
func (a *App) happened(e chat.Event) {
	a.relay.Event(e)
	a.woken()
	if a.peers != nil {
		a.peers.Wake()
	}
}

// fed wakes who follows the listings' feed, at whichever node. There are a thousand messages to
// one change of a listing: who follows the feed alone is not woken for them.
func (a *App) fed() {
	a.changed()
	if a.peers != nil {
		a.peers.Fed()
	}
}

// woken and changed wake who follows the log, and the listings' feed, at this node.
func (a *App) woken() { wake(a.readers.log) }

func (a *App) changed() { wake(a.readers.feed) }

func wake(followers []*follower.Loop) {
	for _, f := range followers {
		f.Wake()
	}
}

// makeLive makes what carries frames. The store is not open yet, and nothing is
// published or presented before it is.
func (a *App) makeLive(o Options) error {
	join := new(bus.Memory).Join
	a.tail = tail.New(nil, a.log)
	if o.RedisURL != "" {
		if o.DatabaseURL == "" {
			return errors.New("several nodes need a database that they share: Redis goes with PostgreSQL, for SQLite belongs to one process")
		}
		address, err := bus.ParseAddress(o.RedisURL)
		if err != nil {
			return fmt.Errorf("the address of Redis: %w", err)
		}
		a.redis = bus.NewRedis(bus.RedisOptions{
			Address: address, Epoch: func() string { return a.DB.Epoch() }, Trouble: func() { a.tail.Trouble() }, Log: a.log,
		})
		a.metrics.bus(a.redis)
		a.tail = tail.New(a.redis.Healthy, a.log)
		a.sharing = limit.NewSharing()
		a.peers = peers.New(a.sharing, a.woken, a.changed, a.duty, a.log)
		join = a.peers.Join(a.redis.Join)
	}
	a.Hub = hub.New(a.tail.Join(join), func(who chat.UserID, online bool, at time.Time) { a.Presence.Changed(who, online, at) }, a.log)
	a.relay = hub.NewRelay(a.Hub.Bus(), func(ctx context.Context, id chat.ConversationID, who chat.UserID) (chat.Entry, error) {
		return a.Inbox.Entry(ctx, who, id)
	}, a.log)
	a.bell = hub.NewBell(a.unread, a.relay.Signal, a.log)
	return nil
}

// unread is what the bell tells.
func (a *App) unread(ctx context.Context, ids []chat.NoticeID, who []chat.UserID) ([]chat.Notice, map[chat.UserID]int64, error) {
	var fresh []chat.Notice
	if len(ids) > 0 {
		var err error
		if fresh, err = a.DB.UnreadAmong(ctx, ids); err != nil {
			return nil, nil, err
		}
	}
	counts, err := a.DB.UnreadNotices(ctx, who)
	return fresh, counts, err
}

// reviewEvery is how often it is looked for people at other nodes of whom nobody speaks any more.
const reviewEvery = 5 * time.Second

func (a *App) review(ctx context.Context) error {
	if !a.redis.Healthy() {
		a.Hub.Trust()
		return nil
	}
	a.Hub.Review(ctx)
	return nil
}
