package torture

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"swapnest/internal/torture/checker"
)

// Person is somebody with an account and a session.
type Person struct {
	ID       int64
	Username string
	Token    string
	node     *Node
	door     func() string // HOST:PORT of the API; nil is the node's
}

// caller is the client of the API. Connections are not kept: a node that was killed has
// none of them.
var caller = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// cookie is the person's session as a header.
func (p Person) cookie() string { return "swapnest_session=" + p.Token }

// call calls the API and decodes the answer into out, unless that is nil.
func (p Person) call(method, path string, in, out any) (status int, err error) {
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return 0, err
		}
		body = bytes.NewReader(data)
	}
	at := p.node.At
	if p.door != nil {
		at = p.door()
	}
	r, err := http.NewRequestWithContext(context.Background(), method, "http://"+at+"/api/v1"+path, body)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Cookie", p.cookie())
	r.Header.Set("Content-Type", "application/json")
	answer, err := caller.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close() //nolint:errcheck // It has been read.
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err
	}
	if answer.StatusCode >= 300 {
		return answer.StatusCode, fmt.Errorf("%s %s: %d: %s", method, path, answer.StatusCode, data)
	}
	if out != nil {
		return answer.StatusCode, json.Unmarshal(data, out)
	}
	return answer.StatusCode, nil
}

// message is the shape of a message in frames and answers.
type message struct {
	Conversation int64  `json:"conversation_id"`
	ID           int64  `json:"message_id"`
	Seq          int64  `json:"seq"`
	ClientID     string `json:"client_id"`
	Sender       int64  `json:"sender_id"`
	Text         string `json:"message"`
	At           string `json:"timestamp"`
	Deleted      bool   `json:"deleted"`
	Answers      struct {
		ID int64 `json:"message_id"`
	} `json:"reply_to"`
	Files []struct {
		ID string `json:"id"`
	} `json:"attachments"`
	Reactions []struct {
		Emoji string  `json:"emoji"`
		Users []int64 `json:"user_ids"`
	} `json:"reactions"`
}

func (m message) entry() checker.Entry {
	var reactions []string
	for _, r := range m.Reactions {
		for _, who := range r.Users {
			reactions = append(reactions, checker.Reaction(r.Emoji, who))
		}
	}
	files := make([]string, len(m.Files))
	for i, f := range m.Files {
		files[i] = f.ID
	}
	return checker.Entry{
		Conversation: m.Conversation, Seq: m.Seq, Message: m.ID, Sender: m.Sender, ClientID: m.ClientID, Text: short(m.Text), At: m.At,
		Deleted: m.Deleted, Answers: m.Answers.ID, Reactions: checker.Reactions(reactions), Files: strings.Join(files, " "),
	}
}

// short stands for a text in the records: itself, or a digest of a long one.
func short(text string) string {
	if len(text) <= 100 {
		return text
	}
	return fmt.Sprintf("%s… %x", text[:40], sha256.Sum256([]byte(text)))
}

// page is a page of messages.
type page struct {
	Messages []message `json:"messages"`
	Head     int64     `json:"head"`
	Epoch    string    `json:"epoch"`
	HasMore  bool      `json:"has_more"`
}

// newest returns the newest page of a conversation.
func (p Person) newest(conversation int64) (page, error) {
	var got page
	_, err := p.call(http.MethodGet, fmt.Sprintf("/conversations/%d/messages?limit=200", conversation), nil, &got)
	return got, err
}

// everything returns all of a conversation.
func (p Person) everything(conversation int64) ([]checker.Entry, error) {
	var all []checker.Entry
	for {
		var after int64
		if len(all) > 0 {
			after = all[len(all)-1].Seq
		}
		var got page
		if _, err := p.call(http.MethodGet, fmt.Sprintf("/conversations/%d/messages?after=%d&limit=200", conversation, after), nil, &got); err != nil {
			return nil, err
		}
		for _, m := range got.Messages {
			all = append(all, m.entry())
		}
		if !got.HasMore {
			return all, nil
		}
	}
}

// standing is how the person's conversation stands.
func (p Person) standing(conversation int64) (checker.Standing, error) {
	var got struct {
		Conversation struct {
			Unread int64 `json:"unread"`
		} `json:"conversation"`
		Participants []struct {
			ID      int64 `json:"id"`
			ReadSeq int64 `json:"read_seq"`
		} `json:"participants"`
	}
	if _, err := p.call(http.MethodGet, fmt.Sprintf("/conversations/%d", conversation), nil, &got); err != nil {
		return checker.Standing{}, err
	}
	s := checker.Standing{Person: p.ID, Conversation: conversation, Unread: got.Conversation.Unread, Told: -1}
	for _, one := range got.Participants {
		if one.ID == p.ID {
			s.Read = one.ReadSeq
		}
	}
	return s, nil
}

// notices returns the seqs of the person's unread notices, by conversation.
func (p Person) notices() (map[int64]int64, error) {
	seqs := make(map[int64]int64)
	for cursor := ""; ; {
		var got struct {
			Notifications []struct {
				Conversation int64 `json:"conversation_id"`
				Seq          int64 `json:"seq"`
				Read         bool  `json:"read"`
			} `json:"notifications"`
			Next string `json:"next"`
		}
		if _, err := p.call(http.MethodGet, "/notifications?cursor="+cursor, nil, &got); err != nil {
			return nil, err
		}
		for _, n := range got.Notifications {
			if !n.Read && n.Conversation != 0 {
				seqs[n.Conversation] = n.Seq
			}
		}
		if cursor = got.Next; cursor == "" {
			return seqs, nil
		}
	}
}
