// Command door, for benchmarks, is SwapNest without its storage of messages: its HTTP server, its sockets with their handshake,
// sessions and frames, and its hub, over a messaging that acknowledges at once and hands what was sent to both people.
// What it takes more than the relay is the price of everything but storing. Sessions are made before by
// swapnest user create, in the same data directory.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/http/server"
	"swapnest/internal/http/socket"
	"swapnest/internal/live/hub"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address")
	data := flag.String("data-dir", "", "data directory; it must be given")
	profile := flag.String("profile", "", "file for a profile of the processor, of the whole run")
	flag.Parse()
	if *data == "" {
		fmt.Fprintln(os.Stderr, "door: say where its data is, with -data-dir")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *profile != "" {
		file, err := os.Create(*profile)
		if err == nil {
			err = pprof.StartCPUProfile(file)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "door:", err)
			os.Exit(1)
		}
	}
	err := serve(ctx, *listen, *data)
	pprof.StopCPUProfile() // which does nothing where none was asked for
	if err != nil {
		fmt.Fprintln(os.Stderr, "door:", err)
		os.Exit(1)
	}
}

func serve(ctx context.Context, listen, data string) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	app, err := server.New(ctx, server.Options{DataDir: data, Version: "bench", Log: log})
	if err != nil {
		return err
	}
	defer func() { _ = app.Close() }()
	t := &talker{Service: app.Messages, app: app, relay: hub.NewRelay(app.Hub.Bus(), func(ctx context.Context, id chat.ConversationID, who chat.UserID) (chat.Entry, error) {
		return app.Inbox.Entry(ctx, who, id)
	}, log)}
	defer t.relay.Stop()
	door := socket.New(socket.Options{
		Guard: app.Guard, Hub: app.Hub, Messages: t, Inbox: app.Inbox, Presence: app.Presence, Epoch: app.DB.Epoch,
		Media: app.Uploads.Media(), Log: log,
	})
	mux := http.NewServeMux()
	mux.Handle("/", app.Handler())
	door.Routes(mux)
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return err
	}
	fmt.Printf("listening on http://%s\n", l.Addr())
	site := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		door.Close()
		_ = site.Close()
	}()
	if err := site.Serve(l); ctx.Err() == nil {
		return err
	}
	return nil
}

// talker is messaging that stores nothing. What is not sending is the site's own.
type talker struct {
	*messaging.Service
	app   *server.App
	relay *hub.Relay
	ids   atomic.Int64
	talks sync.Map // of *talk by conversation
}

// talk is a conversation as it was found first.
type talk struct {
	chat.Conversation
	people map[chat.UserID]chat.Author
	head   atomic.Int64
}

// Send acknowledges a message and hands it to both people.
func (t *talker) Send(ctx context.Context, who chat.UserID, c messaging.SendCommand) (messaging.Sent, error) {
	text, err := chat.ParseText(c.Text)
	if err != nil {
		return messaging.Sent{}, err
	}
	about, err := t.talk(ctx, who, c.Conversation)
	if err != nil {
		return messaging.Sent{}, err
	}
	now := time.Now()
	m := chat.Message{
		ID: chat.MessageID(t.ids.Add(1)), Conversation: c.Conversation, Seq: chat.Seq(about.head.Add(1)), ClientID: c.ClientID,
		Sender: about.people[who], Text: text, SentAt: now,
	}
	t.relay.Event(chat.Event{
		Conversation: c.Conversation, Seq: m.Seq, Kind: chat.MessagePosted, Actor: who, At: now, BuyerID: about.BuyerID, SellerID: about.SellerID, Message: m,
	})
	return messaging.Sent{Message: m}, nil
}

// talk looks a conversation and its people up, once.
func (t *talker) talk(ctx context.Context, who chat.UserID, id chat.ConversationID) (*talk, error) {
	if known, ok := t.talks.Load(id); ok {
		about := known.(*talk)
		if _, ok := about.people[who]; ok {
			return about, nil
		}
	}
	details, err := t.app.Inbox.Conversation(ctx, who, id)
	if err != nil {
		return nil, err
	}
	fresh := &talk{Conversation: details.Entry.Conversation, people: make(map[chat.UserID]chat.Author)}
	for _, p := range details.Participants {
		fresh.people[p.User.ID] = chat.Author{ID: p.User.ID, Username: p.User.Username, Name: p.User.Name}
	}
	fresh.head.Store(int64(fresh.Head))
	known, _ := t.talks.LoadOrStore(id, fresh)
	return known.(*talk), nil
}
