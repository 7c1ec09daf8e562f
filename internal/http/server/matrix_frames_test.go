package server_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"swapnest/internal/feature/messaging"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

// frameRow says what comes of a frame at one of the two addresses. Signed out, every one is
// closed with 4401 before it is read; to a stranger the address of one conversation is closed
// with 4404, and stranger is what they are answered at the other one.
type frameRow struct {
	frame    string
	stranger string // the types of the answers, an error with its code
	member   string // the same, to the buyer and the seller
	told     string // what the other of the two hears then
	seller   string // in place of member, to the seller, when it is the buyer's alone to do; then nobody hears of it
}

const notFound = "error:not_found"

const forbidden = "error:forbidden"

var frameRows = map[string]frameRow{
	"everything send":           {`{"type":"send","conversation_id":{conversation},"client_id":"m1","message":"Hi"}`, notFound, "ack", "message", ""},
	"everything edit":           {`{"type":"edit","conversation_id":{conversation},"message_id":{message_id},"message":"Hey","client_id":"e1"}`, notFound, "ack", "message_edited", forbidden},
	"everything delete":         {`{"type":"delete","conversation_id":{conversation},"message_id":{message_id},"client_id":"d1"}`, notFound, "ack", "message_deleted", forbidden},
	"everything react":          {`{"type":"react","conversation_id":{conversation},"message_id":{message_id},"emoji":"👍","on":true,"client_id":"r1"}`, notFound, "ack", "reaction", ""},
	"everything open":           {`{"type":"open","conversation_id":{conversation},"client_id":"o1"}`, notFound, "caught_up", "", ""},
	"everything close":          {`{"type":"close","conversation_id":{conversation}}`, "", "", "", ""},
	"everything set_typing":     {`{"type":"typing","conversation_id":{conversation},"typing":true}`, notFound, "", "typing", ""},
	"everything mark_read":      {`{"type":"read","conversation_id":{conversation},"seq":9}`, notFound, "read", "read", ""},
	"everything mark_delivered": {`{"type":"delivered","conversation_id":{conversation},"seq":9}`, notFound, "delivered", "delivered", ""},
	// Who is here is no secret: everybody may watch everybody.
	"everything watch": {`{"type":"watch","user_ids":[{seller_id}]}`, "presence", "presence", "", ""},
	"everything ping":  {`{"type":"ping"}`, "pong", "pong", "", ""},

	"oneConversation original_message": {`{"message":"Hi"}`, "", "ack", "message", ""},
	"oneConversation original_typing":  {`{"typing":true}`, "", "", "typing", ""},
	"oneConversation send":             {`{"type":"send","client_id":"m1","message":"Hi"}`, "", "ack", "message", ""},
	"oneConversation edit":             {`{"type":"edit","message_id":{message_id},"message":"Hey","client_id":"e1"}`, "", "ack", "message_edited", forbidden},
	"oneConversation delete":           {`{"type":"delete","message_id":{message_id},"client_id":"d1"}`, "", "ack", "message_deleted", forbidden},
	"oneConversation react":            {`{"type":"react","message_id":{message_id},"emoji":"👍","on":true,"client_id":"r1"}`, "", "ack", "reaction", ""},
	"oneConversation open":             {`{"type":"open"}`, "", "caught_up", "", ""},
	"oneConversation close":            {`{"type":"close"}`, "", "", "", ""},
	"oneConversation set_typing":       {`{"type":"typing","typing":true}`, "", "", "typing", ""},
	"oneConversation mark_read":        {`{"type":"read","seq":9}`, "", "read", "read", ""},
	"oneConversation mark_delivered":   {`{"type":"delivered","seq":9}`, "", "delivered", "delivered", ""},
	"oneConversation watch":            {`{"type":"watch","user_ids":[{seller_id}]}`, "", "presence", "", ""},
	"oneConversation ping":             {`{"type":"ping"}`, "", "pong", "", ""},
}

// clientFrames reads the frames that clients send from the description of the sockets, such
// as "everything send", and the address of each channel.
func clientFrames(t *testing.T) (frames []string, addresses map[string]string) {
	t.Helper()
	data, err := os.ReadFile("../../../docs/asyncapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Channels   map[string]struct{ Address string }
		Operations map[string]struct {
			Action   string
			Messages []struct {
				Ref string `yaml:"$ref"`
			}
		}
	}
	if err := yaml.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	for _, o := range doc.Operations {
		for _, m := range o.Messages {
			if o.Action == "receive" {
				parts := strings.Split(m.Ref, "/") // #/channels/everything/messages/send
				frames = append(frames, parts[2]+" "+parts[4])
			}
		}
	}
	addresses = make(map[string]string)
	for name, c := range doc.Channels {
		addresses[name] = strings.ReplaceAll(c.Address, "{conversation_id}", "{conversation}")
	}
	return frames, addresses
}

// answers returns what a socket was answered: a frame that there is not is refused behind it.
func answers(s *apptest.Socket) (frames []apptest.Frame, code int) {
	s.Send(`{"type":"fence","client_id":"fence"}`)
	return until(s, func(f apptest.Frame) bool { return f["client_id"] == "fence" })
}

// heard returns what has come to a socket that itself says nothing: all of it comes before
// the answer to a later ping.
func heard(s *apptest.Socket) (frames []apptest.Frame, code int) {
	s.Send(`{"type":"ping"}`)
	return until(s, func(f apptest.Frame) bool { return f.Type() == "pong" })
}

// until leaves notices out: they come when it suits them, and what is told of by them is in
// the database.
func until(s *apptest.Socket, last func(apptest.Frame) bool) (frames []apptest.Frame, code int) {
	frames, code = s.Until(last)
	return slices.DeleteFunc(frames, func(f apptest.Frame) bool { return f.Type() == "notification" }), code
}

// kinds are the types of frames in the order of the alphabet, errors with their code.
func kinds(frames []apptest.Frame, code int) string {
	var names []string
	for _, f := range frames {
		name := f.Type()
		if name == "error" {
			name = fmt.Sprintf("error:%s", f["code"])
		}
		names = append(names, name)
	}
	slices.Sort(names)
	if code != 0 {
		names = append(names, fmt.Sprintf("closed:%d", code))
	}
	return strings.Join(names, " ")
}

// line opens a socket.
func (h *theater) line(t *testing.T, address string, c *apptest.Client) *apptest.Socket {
	t.Helper()
	s, err := h.Dial(t, address, c.Token(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// utter says a frame at an address and returns what is answered, behind the hello.
func (h *theater) utter(t *testing.T, address, frame string, c *apptest.Client) (frames []apptest.Frame, code int) {
	t.Helper()
	s := h.line(t, address, c)
	s.Send("%s", frame)
	frames, code = answers(s)
	if len(frames) > 0 && frames[0].Type() == "hello" {
		frames = frames[1:]
	} else if code == 0 {
		t.Errorf("%s answers without a hello: %v", address, frames)
	}
	return frames, code
}

// listen opens the sockets of everybody in a scene: of everything, and of the conversation.
func (h *theater) listen(t *testing.T, c *scene) map[string]*apptest.Socket {
	t.Helper()
	lines := make(map[string]*apptest.Socket)
	for _, p := range everybody[1:] {
		lines[p.String()] = h.line(t, "/ws/", c.clients[p])
		if p != stranger {
			lines[p.String()+" in the conversation"] = h.line(t, c.fill("/ws/chat/{conversation}/", true), c.clients[p])
		}
	}
	for _, s := range lines {
		s.Wait("hello")
	}
	return lines
}

// answer has the seller answer, so that both have something to read.
func (h *theater) answer(t *testing.T, c *scene) {
	t.Helper()
	_, err := h.Messages.Send(t.Context(), c.seller.ID, messaging.SendCommand{Conversation: c.conversation, ClientID: "answer", Text: "It is."})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEveryFrameAnswersEverybodyAsTheMatrixSays(t *testing.T) {
	frames, addresses := clientFrames(t)
	complete(t, frameRows, frames)
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newTheater(t, d)
		shared := h.stage(t)
		own := make(map[string]*scene)
		for name := range frameRows {
			own[name+buyer.String()], own[name+seller.String()] = h.stage(t), h.stage(t)
		}
		h.settle(t) // nobody is told of the beginning any more
		for _, c := range h.scenes {
			h.answer(t, c)
		}
		before, lines := h.rest(t), h.listen(t, shared)
		for _, name := range slices.Sorted(maps.Keys(frameRows)) {
			channel, _, _ := strings.Cut(name, " ")
			h.refused(t, name, addresses[channel], frameRows[name], shared)
			for who, s := range lines {
				if told := kinds(heard(s)); told != "" {
					t.Errorf("%s by who has no part in it tells the %s: %s", name, who, told)
				}
			}
			before = h.unchanged(t, name, before)
		}
		h.eavesdrop(t, shared)
		for _, name := range slices.Sorted(maps.Keys(frameRows)) {
			channel, _, _ := strings.Cut(name, " ")
			for _, p := range []person{buyer, seller} {
				h.allowed(t, name, addresses[channel], frameRows[name], p, own[name+p.String()])
			}
		}
	})
}

// refused says a frame as who has no part in the conversation, to one that is there and to
// one that is not.
func (h *theater) refused(t *testing.T, name, address string, r frameRow, c *scene) {
	t.Helper()
	for p, want := range map[person]string{visitor: "closed:4401", stranger: r.stranger} {
		if p == stranger && address != "/ws/" {
			want = "closed:4404"
		}
		foreign, code := h.utter(t, c.fill(address, true), c.fill(r.frame, true), c.clients[p])
		if got := kinds(foreign, code); got != want {
			t.Errorf("%s by the %s: %q, want %q", name, p, got, want)
		}
		if strings.Contains(r.frame, "{seller_id}") && code == 0 {
			continue // people are public, and nobody is not there
		}
		missing, missingCode := h.utter(t, c.fill(address, false), c.fill(r.frame, false), c.clients[p])
		if diff := cmp.Diff(foreign, missing); diff != "" || code != missingCode {
			t.Errorf("%s by the %s tells what is foreign (- %d) from what is missing (+ %d): %s", name, p, code, missingCode, diff)
		}
	}
}

// allowed says a frame as a member, in a scene of its own.
func (h *theater) allowed(t *testing.T, name, address string, r frameRow, p person, c *scene) {
	t.Helper()
	lines := h.listen(t, c)
	defer func() {
		for _, s := range lines {
			s.Drop()
		}
	}()
	frames, code := h.utter(t, c.fill(address, true), c.fill(r.frame, true), c.clients[p])
	// One's own event may come before the acknowledgement, or behind it.
	frames = slices.DeleteFunc(frames, func(f apptest.Frame) bool { return strings.HasPrefix(f.Type(), "message") || f.Type() == "reaction" })
	told := r.told
	if p == seller && r.seller != "" {
		r.member, r.told = r.seller, ""
	}
	if got := kinds(frames, code); got != r.member {
		t.Errorf("%s by the %s: %q, want %q", name, p, got, r.member)
	}
	other := (buyer + seller - p).String()
	for _, who := range []string{other, other + " in the conversation", stranger.String()} {
		if r.told != "" && who != stranger.String() {
			lines[who].Wait(r.told)
		}
		if got := kinds(heard(lines[who])); got != "" {
			t.Errorf("%s by the %s: the %s hears %q, want %q", name, p, who, got, r.told)
		}
	}
	want := "closed:4404"
	if address == "/ws/" {
		want = r.stranger
	}
	if strings.Contains(r.frame, "{seller_id}") && address == "/ws/" {
		want = "" // nobody is not there
	}
	// What was told of the frame before may come late, to this new line, too.
	frames, code = h.utter(t, c.fill(address, false), c.fill(r.frame, false), c.clients[p])
	frames = slices.DeleteFunc(frames, func(f apptest.Frame) bool { return told != "" && f.Type() == told })
	if got := kinds(frames, code); got != want {
		t.Errorf("%s by the %s where there is nothing: %q, want %q", name, p, got, want)
	}
}

// eavesdrop fails if a stranger who has asked for a conversation hears of it later.
func (h *theater) eavesdrop(t *testing.T, c *scene) {
	t.Helper()
	s, member := h.line(t, "/ws/", c.clients[stranger]), h.line(t, "/ws/", c.clients[buyer])
	s.Send(`{"type":"open","conversation_id":%d,"after":0}`, c.conversation)
	if got := kinds(answers(s)); got != "error:not_found hello" {
		t.Errorf("a stranger opens a conversation: %q, want it not found", got)
	}
	if _, err := h.Messages.Send(t.Context(), c.seller.ID, messaging.SendCommand{Conversation: c.conversation, ClientID: "later", Text: c.words}); err != nil {
		t.Fatal(err)
	}
	member.Wait("message") // so it has been told
	if got := kinds(heard(s)); got != "" {
		t.Errorf("a stranger who has asked for a conversation hears %q of it", got)
	}
}
