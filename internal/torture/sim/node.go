package sim

import (
	"context"
	"log/slog"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/inbox"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/feature/presence"
	"swapnest/internal/follower/notices"
	"swapnest/internal/follower/tail"
	"swapnest/internal/http/auth"
	"swapnest/internal/http/socket"
	"swapnest/internal/live/bus"
	"swapnest/internal/live/hub"
	"swapnest/internal/store"
)

// node is one process of the marketplace, as far as it has to do with messages.
type node struct {
	hub      *hub.Hub
	relay    *hub.Relay
	tail     *tail.Tail
	bell     *hub.Bell
	messages *messaging.Service
	inbox    *inbox.Service
	door     *socket.Door
	notices  *notices.Follower
}

// newNode joins the parts of a node, as package server does. A replay calls pause when it
// has read everything, and before it goes on with what has come meanwhile; sent hears of each
// message what became of it.
func newNode(db *store.DB, join func(bus.Receive) bus.Bus, flaw Flaw, pause func()) (*node, error) {
	n, log := &node{}, slog.New(slog.DiscardHandler)
	n.tail = tail.New(nil, log)
	var here *presence.Service
	n.hub = hub.New(n.tail.Join(join), func(who chat.UserID, online bool, at time.Time) { here.Changed(who, online, at) }, log)
	n.relay = hub.NewRelay(n.hub.Bus(), db.Entry, log)
	n.bell = hub.NewBell(func(ctx context.Context, ids []chat.NoticeID, who []chat.UserID) (fresh []chat.Notice, counts map[chat.UserID]int64, err error) {
		if len(ids) > 0 {
			if fresh, err = db.UnreadAmong(ctx, ids); err != nil {
				return nil, nil, err
			}
		}
		counts, err = db.UnreadNotices(ctx, who)
		return fresh, counts, err
	}, n.relay.Signal, log)
	here = presence.New(db, n.hub, n.relay, nil, log)
	n.inbox = inbox.New(db, n.hub, n.relay, n.bell, nil, log)
	n.messages = messaging.New(db, n.relay, n.bell, &messaging.Limits{}, chat.DefaultMedia(), nil, time.Now)
	n.door = socket.New(socket.Options{
		Guard: auth.NewGuard(db, nil, false, time.Now), Hub: n.hub, Messages: n.messages, Inbox: n.inbox, Presence: here, Epoch: db.Epoch, Media: chat.DefaultMedia(), Log: log,
		Observer: socket.Observer{Resumed: func(string) { pause() }},
	})
	n.notices = notices.New(db, n.bell.Ring, store.Timing{}, log, time.Now)
	if flaw != NoTail {
		if err := n.tail.Start(context.Background(), db, n.hub.Since); err != nil {
			return nil, err
		}
	}
	if flaw != NoFollowers {
		n.notices.Start()
	}
	return n, nil
}

// happened is what the store tells of.
func (n *node) happened(e chat.Event) {
	n.relay.Event(e)
	n.notices.Wake()
}

// stop ends the node in order. Its connections are told to come back elsewhere.
func (n *node) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	n.hub.Drain(ctx)
	n.notices.Stop()
	n.tail.Stop()
	n.bell.Stop()
}
