// Command centrifuge is a chat on the centrifuge library: an RPC sends a message, which is committed by SwapNest's
// own writer to its own schema, acknowledged by the RPC's answer, and published to the personal channels of both
// people. What SwapNest does beside that (followers, limits, presence, replay) it does not. Without -data-dir and -database-url
// it stores nothing. It speaks as much as the measurements need, see docs/benchmarks.md.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/centrifugal/centrifuge"
)

// town is the chat behind the sockets.
type town interface {
	who(r *http.Request) (int64, error)
	list(ctx context.Context, seller int64) (listing int64, err error)
	begin(ctx context.Context, buyer, listing int64) (conversation int64, err error)
	send(ctx context.Context, who int64, s sending) (posted, error)
	waits() bool // sending takes its time
}

// sending is what a client asks for; its fields are those of SwapNest's frame.
type sending struct {
	Conversation int64           `json:"conversation_id"`
	ClientID     string          `json:"client_id"`
	Message      json.RawMessage `json:"message"`
}

// posted is a message that is there.
type posted struct {
	id, seq int64
	both    [2]int64 // people
	at      time.Time
}

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address")
	dir := flag.String("data-dir", "", "folder of a SQLite database")
	url := flag.String("database-url", "", "PostgreSQL to store in")
	flag.Parse()
	if err := serve(context.Background(), *listen, *dir, *url); err != nil {
		log.Fatal(err)
	}
}

func serve(ctx context.Context, listen, dir, url string) error {
	var t town = newMemory()
	if dir != "" || url != "" {
		s, err := openStored(ctx, dir, url)
		if err != nil {
			return err
		}
		defer s.close()
		t = s
	}
	handler, err := newHandler(t)
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return err
	}
	fmt.Printf("listening on http://%s\n", l.Addr())
	return http.Serve(l, handler)
}

// server is a town with sockets.
type server struct {
	town
	node *centrifuge.Node
}

func newHandler(t town) (http.Handler, error) {
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		return nil, err
	}
	s := &server{town: t, node: node}
	node.OnConnecting(func(ctx context.Context, _ centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		who, ok := centrifuge.GetCredentials(ctx)
		if !ok {
			return centrifuge.ConnectReply{}, centrifuge.DisconnectInvalidToken
		}
		return centrifuge.ConnectReply{Subscriptions: map[string]centrifuge.SubscribeOptions{"user:" + who.UserID: {}}}, nil
	})
	node.OnConnect(s.connected)
	if err := node.Run(); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/listings", s.listings)
	mux.HandleFunc("POST /api/v1/conversations", s.conversations)
	sockets := centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{ReadBufferSize: 512, WriteBufferSize: 512, UseWriteBufferPool: true})
	mux.HandleFunc("GET /connection/websocket", func(w http.ResponseWriter, r *http.Request) {
		who, err := s.who(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		sockets.ServeHTTP(w, r.WithContext(centrifuge.SetCredentials(r.Context(), &centrifuge.Credentials{UserID: strconv.FormatInt(who, 10)})))
	})
	return mux, nil
}

func (s *server) connected(client *centrifuge.Client) {
	who, _ := strconv.ParseInt(client.UserID(), 10, 64) // it was made of a number
	client.OnRPC(func(e centrifuge.RPCEvent, answer centrifuge.RPCCallback) {
		// What takes its time is not to keep the next command of this line from being read.
		if s.waits() {
			go func() { answer(s.rpc(who, e)) }()
		} else {
			answer(s.rpc(who, e))
		}
	})
}

func (s *server) rpc(who int64, e centrifuge.RPCEvent) (centrifuge.RPCReply, error) {
	var in sending
	if err := json.Unmarshal(e.Data, &in); err != nil || e.Method != "send" {
		return centrifuge.RPCReply{}, centrifuge.ErrorBadRequest
	}
	m, err := s.send(context.Background(), who, in)
	if err != nil {
		log.Print(err)
		return centrifuge.RPCReply{}, centrifuge.ErrorInternal
	}
	at := m.at.UTC().Format("2006-01-02T15:04:05.000Z")
	data := fmt.Appendf(nil, `{"type":"message","conversation_id":%d,"message_id":%d,"seq":%d,"client_id":"%s","sender_id":%d,"sender_username":"somebody","sender_name":"Somebody","message":%s,"timestamp":"%s","is_read":false}`,
		in.Conversation, m.id, m.seq, in.ClientID, who, in.Message, at)
	for _, to := range m.both {
		if _, err := s.node.Publish("user:"+strconv.FormatInt(to, 10), data); err != nil {
			return centrifuge.RPCReply{}, err
		}
	}
	return centrifuge.RPCReply{Data: fmt.Appendf(nil, `{"type":"ack","client_id":"%s","conversation_id":%d,"message_id":%d,"seq":%d,"timestamp":"%s","duplicate":false}`,
		in.ClientID, in.Conversation, m.id, m.seq, at)}, nil
}

// listings makes something to talk about.
func (s *server) listings(w http.ResponseWriter, r *http.Request) {
	who, err := s.who(r)
	if err == nil {
		var id int64
		if id, err = s.list(r.Context(), who); err == nil {
			fmt.Fprintf(w, `{"listing":{"id":%d}}`, id)
			return
		}
	}
	http.Error(w, err.Error(), http.StatusBadRequest)
}

// conversations begins one.
func (s *server) conversations(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Listing int64 `json:"listing_id"`
	}
	who, err := s.who(r)
	if err == nil {
		err = json.NewDecoder(r.Body).Decode(&in)
	}
	if err == nil {
		var id int64
		if id, err = s.begin(r.Context(), who, in.Listing); err == nil {
			fmt.Fprintf(w, `{"conversation":{"id":%d}}`, id)
			return
		}
	}
	http.Error(w, err.Error(), http.StatusBadRequest)
}
