package pusher

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/rivo/uniseg"

	"swapnest/internal/chat"
	"swapnest/internal/live/wire"
	"swapnest/internal/store"
)

// Of a message. Both texts may double when they are quoted in JSON, and the rest takes less
// than 300 bytes, so a message fits into 3,000, which every push service takes once encrypted.
const (
	maxTitle = 600 // bytes
	maxBody  = 700
)

// hidden are the titles of what somebody wants no previews of: no name, and nothing of what it is about.
const (
	hiddenMessage = "New message on SwapNest"
	hiddenListing = "News on SwapNest about something you saved"
)

// notice is what a browser shows.
type notice struct {
	Type   string        `json:"type"` // notice
	Notice chat.NoticeID `json:"notice"`
	Tag    string        `json:"tag"` // what has the same takes the other's place
	Title  string        `json:"title"`
	Body   string        `json:"body,omitempty"`
	URL    string        `json:"url"` // a path of this site
	At     wire.Time     `json:"at"`
	Unread int64         `json:"unread"` // conversations, for the badge
	User   chat.UserID   `json:"user"`
}

// taken has a browser close what it shows of a notice.
type taken struct {
	Type   string        `json:"type"` // clear
	Notice chat.NoticeID `json:"notice"`
	Tag    string        `json:"tag"`
	Unread int64         `json:"unread"`
	User   chat.UserID   `json:"user"`
}

// compose returns the text of a message.
func compose(d store.Delivery, n store.News, tag string, previews bool) ([]byte, error) {
	if d.Kind == store.DeliverClear {
		return encode(taken{Type: "clear", Notice: d.Notice, Tag: tag, Unread: n.Unread.Conversations, User: d.To})
	}
	m := notice{
		Type: "notice", Notice: n.Notice.ID, Tag: tag, Title: hiddenMessage, URL: wire.NoticeURL(n.Notice),
		At: wire.Time{Time: n.Notice.At}, Unread: n.Unread.Conversations, User: d.To,
	}
	switch {
	case previews:
		m.Title, m.Body = shorten(n.Notice.Headline(), maxTitle), shorten(n.Notice.Line(), maxBody)
	case n.Notice.Conversation == 0:
		m.Title = hiddenListing
	}
	return encode(m)
}

func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false) // six bytes for one
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("write a push message: %w", err)
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}

// shorten returns the beginning of a text, in at most so many bytes, and cuts no character as
// people know them: neither a flag nor an accent is torn off.
func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	const more = "…"
	var b strings.Builder
	for rest, state := s, -1; rest != ""; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if b.Len()+len(cluster)+len(more) > most {
			break
		}
		b.WriteString(cluster)
	}
	return strings.TrimSpace(b.String()) + more
}

// tagOf names what a delivery is about: the same for all that is told of one conversation, or
// of one kind of news of a listing. It is what was planned, also when the listing is gone by now.
func tagOf(d store.Delivery, n chat.Notice) string {
	about := store.PushNote{Kind: n.Kind, Conversation: n.Conversation, Listing: n.Listing}
	var planned store.PushNote
	if json.Unmarshal([]byte(d.Note), &planned) == nil && planned.Kind != "" {
		about = planned
	}
	if about.Conversation != 0 {
		return fmt.Sprintf("conversation-%d", about.Conversation)
	}
	return fmt.Sprintf("listing-%d-%s", about.Listing, about.Kind)
}

// topicOf is the tag as the push service sees it, which keeps the newest message of a topic
// alone. It tells the service nothing, and of two browsers not that they hear of the same.
func topicOf(device store.PushDevice, tag string) string {
	h := hmac.New(sha256.New, []byte(device.Auth))
	h.Write([]byte(tag))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:24]) // 32 characters
}
