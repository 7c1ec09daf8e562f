// Package bus carries encoded frames between the processes of one marketplace. It
// may lose them: what must not be lost is in the log. It knows neither sockets nor
// the database.
package bus

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"swapnest/internal/chat"
)

// Topic is what a node subscribes to.
type Topic string

// Person is the topic of everything that is for somebody.
func Person(id chat.UserID) Topic {
	var room [32]byte // so that only the topic is allocated
	return Topic(strconv.AppendInt(append(room[:0], "person:"...), int64(id), 10))
}

// Presence is the topic of somebody's coming and going, for those who watch.
func Presence(id chat.UserID) Topic { return Topic("presence:" + strconv.FormatInt(int64(id), 10)) }

// Parse returns whom a topic is about, and whether it is a topic of presence; ok is
// false for a topic of another kind.
func Parse(t Topic) (who chat.UserID, presence, ok bool) {
	kind, digits, _ := strings.Cut(string(t), ":")
	id, err := strconv.ParseInt(digits, 10, 64)
	return chat.UserID(id), kind == "presence", err == nil && (kind == "person" || kind == "presence")
}

// Message is an encoded frame on its way.
type Message struct {
	To           []Topic
	Conversation chat.ConversationID // 0 when it is about none
	Seq          chat.Seq            // of a committed event; 0 for a hint, which may be dropped
	List         bool                // about the person's list: not for a socket of one conversation
	Latest       bool                // a hint of which the newest is not dropped: it says how things are
	Frame        []byte              // shared by all receivers, who must not change it
	// Ends is the session that has ended, for the nodes that have sockets of it; zero for none.
	// Such a message is for nodes and not for sockets, and so is the next.
	Ends chat.SessionID
	Asks bool // whoever has a connection of the person says that they are here
	// Privacy tells nodes whether the person keeps to themselves that they are here. Its frame
	// is for sockets as any other.
	Privacy Privacy
}

// Privacy is what a message says of a person's.
type Privacy byte

// The zero Privacy says nothing.
const (
	Shows Privacy = iota + 1 // whether they are here
	Hides
)

// ErrDown says that the way to the other nodes is not there, or too slow. The bus itself tells
// the operator, and the log of events has what it loses.
var ErrDown = errors.New("the bus is down")

// Receive is called for each message to a subscribed topic, once a topic. It must
// not block, and of the bus it may call Publish alone. Of those whom the message was for it may hold no
// other topic than that one.
type Receive func(to Topic, m Message)

// Bus is one node's connection. Messages of one publisher to one topic arrive in its
// order; a message published after Subscribe returned is received as long as the bus is
// healthy. All methods may be called at once from several goroutines.
type Bus interface {
	// Publish hands a message to every node that subscribes to one of its topics,
	// this one included. An error means that some may not have got it. What is for this
	// node is with it when Publish returns, whatever the others get.
	Publish(ctx context.Context, m Message) error
	// Subscribe asks for a topic. Asking twice needs Unsubscribe once.
	Subscribe(ctx context.Context, t Topic) error
	// Unsubscribe ends it; a topic that was not subscribed is no error.
	Unsubscribe(ctx context.Context, t Topic) error
}
