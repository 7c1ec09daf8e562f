package torture

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/mailtest"
	"swapnest/internal/testkit/pushtest"
)

// pushAfter is how long a push message waits for company: what is read within that time is not pushed.
const pushAfter = 3 * time.Second

// Outside is what reaches people who are away: a push service and a mail server.
type Outside struct {
	Push *pushtest.Service
	Mail *mailtest.Server
}

// NewOutside starts both. They end with the test.
func NewOutside(tb testing.TB) Outside {
	tb.Helper()
	return Outside{Push: pushtest.Start(tb, nil), Mail: mailtest.Start(tb, mailtest.Options{})}
}

// Flags have a node push and mail, the latter once something is unread for so long.
func (o Outside) Flags(mailAfter time.Duration) []string {
	return []string{
		"--push-loopback", "--smtp-url", "smtp://" + o.Mail.Address(), "--mail-from", "SwapNest <hello@swap.example>",
		"--mail-delay", mailAfter.String(), "--mail-per-day", "1000",
	}
}

// Away are people who have no line open. Each has a browser that takes push messages, and a mailbox. In
// each conversation the buyer writes and the seller is told.
type Away struct {
	*World
	Outside
	Talks []int64 // the conversations, in their order

	browsers map[int64]*pushtest.Browser // by person
}

// NewAway makes people of so many conversations at a node, which runs from then on, and has all of them leave.
func NewAway(tb testing.TB, n *Node, o Outside, conversations int) *Away {
	tb.Helper()
	a := &Away{Outside: o, browsers: make(map[int64]*pushtest.Browser)}
	a.World = NewWorld(tb, n, Plan{People: max(2, conversations), Conversations: conversations, Seed: 31}, nil)
	a.Talks = slices.Sorted(maps.Keys(a.talks))
	for _, talk := range a.Talks {
		got, err := a.seller(talk).newest(talk)
		a.must(0, err)
		a.Look(context.Background(), talk, got.Head)
	}
	for _, p := range a.People {
		var site struct {
			Key string `json:"public_key"`
		}
		a.must(p.call(http.MethodGet, "/push", nil, &site))
		b := o.Push.Subscribe(tb, site.Key)
		a.must(p.call(http.MethodPost, "/push/devices", json.RawMessage(b.JSON()), nil))
		n.database.Verify(tb, chat.UserID(p.ID))
		a.browsers[p.ID] = b
	}
	return a
}

func (a *Away) buyer(talk int64) Person  { return a.People[a.talks[talk][0]] }
func (a *Away) seller(talk int64) Person { return a.People[a.talks[talk][1]] }

// Write has the buyer of a conversation write, under the same client id until it is confirmed, and
// returns the seq. It is not ok when ctx ended before.
func (a *Away) Write(ctx context.Context, talk int64, text string) (seq int64, ok bool) {
	said := map[string]string{"client_id": strings.ReplaceAll(text, " ", "."), "message": text}
	ok = a.insist(ctx, func() (int, error) {
		var got struct {
			Message message `json:"message"`
		}
		status, err := a.buyer(talk).call(http.MethodPost, fmt.Sprintf("/conversations/%d/messages", talk), said, &got)
		seq = got.Message.Seq
		return status, err
	})
	return seq, ok
}

// Look has the seller of a conversation read it up to a seq, until that is confirmed.
func (a *Away) Look(ctx context.Context, talk, seq int64) (ok bool) {
	return a.insist(ctx, func() (int, error) {
		return a.seller(talk).call(http.MethodPut, fmt.Sprintf("/conversations/%d/read", talk), map[string]int64{"seq": seq}, nil)
	})
}

// insist repeats what fails while a node is down.
func (a *Away) insist(ctx context.Context, do func() (status int, err error)) (ok bool) {
	for {
		status, err := do()
		if err == nil {
			return true
		}
		if status >= 400 && status < 500 {
			a.tb.Error(err)
			return false
		}
		if !pause(ctx, 5*time.Millisecond) {
			return false
		}
	}
}

// Pushed is a push message as its browser reads it.
type Pushed struct {
	Type   string `json:"type"`
	Notice int64  `json:"notice"`
	Tag    string `json:"tag"`
	Body   string `json:"body"`
	URL    string `json:"url"`
	User   int64  `json:"user"`
	Topic  string `json:"-"`
}

// tagOf is what a browser has to know a conversation by.
func tagOf(talk int64) string { return fmt.Sprintf("conversation-%d", talk) }

// Pushed is what the seller of a conversation was pushed about it, in the order in which it came.
func (a *Away) Pushed(talk int64) (all []Pushed) {
	for _, p := range a.pushedTo(a.seller(talk)) {
		if p.Tag == tagOf(talk) {
			all = append(all, p)
		}
	}
	return all
}

func (a *Away) pushedTo(who Person) (all []Pushed) {
	for _, m := range a.browsers[who.ID].Got() {
		p := Pushed{Topic: m.Topic}
		if err := json.Unmarshal(m.Text, &p); err != nil {
			a.tb.Errorf("a browser was pushed %q: %v", m.Text, err)
		}
		all = append(all, p)
	}
	return all
}

// Mailed is what the seller of a conversation was mailed about it, in the order in which it came.
func (a *Away) Mailed(talk int64) (all []mailtest.Mail) {
	for _, m := range a.Mail.Mails() {
		if strings.Contains(m.Plain, fmt.Sprintf("/chat/conversation/%d/", talk)) {
			all = append(all, m)
		}
	}
	return all
}

// Told is whether the seller of a conversation was pushed a text that was written there.
func (a *Away) Told(talk int64, text string) bool {
	return slices.ContainsFunc(a.Pushed(talk), func(p Pushed) bool { return p.Type == "notice" && p.Body == text })
}

// Shows is whether the browser of the seller of a conversation shows a notification of it.
func (a *Away) Shows(talk int64) bool {
	all := a.Pushed(talk)
	return len(all) > 0 && all[len(all)-1].Type == "notice"
}

// Names checks what must hold of everything that came, however often that was: what tells of one
// conversation has one tag and one topic at a browser, is for who has it, and a mail of one
// notice has one Message-ID.
func (a *Away) Names() {
	a.tb.Helper()
	for _, who := range a.People {
		topics := map[string]string{}
		for _, p := range a.pushedTo(who) {
			if p.Type == "notice" && p.URL != "/chat/conversation/"+strings.TrimPrefix(p.Tag, "conversation-")+"/" || p.User != who.ID {
				a.tb.Errorf("pushed to person %d: %+v", who.ID, p)
			}
			if topic, ok := topics[p.Tag]; ok && topic != p.Topic || p.Topic == "" {
				a.tb.Errorf("%s has the topics %q and %q", p.Tag, topic, p.Topic)
			}
			topics[p.Tag] = p.Topic
		}
	}
	for _, fault := range a.Push.Faults() {
		a.tb.Errorf("the push service found fault: %s", fault)
	}
	for _, talk := range a.Talks {
		for _, m := range a.Mailed(talk) {
			if want := fmt.Sprintf("person%d@swap.example", a.seller(talk).ID); m.To != want {
				a.tb.Errorf("a mail of conversation %d went to %s, not %s", talk, m.To, want)
			}
		}
	}
}

// abandon has what a node had claimed on PostgreSQL be due, as it is when the time of its claims is over.
// Nobody sends meanwhile. On SQLite who starts next knows that its predecessor has ended.
func abandon(tb testing.TB, d *testkit.Database) {
	tb.Helper()
	if d.URL() != "" {
		expire(tb, d)
	}
}

// expire has all that was claimed be due. Nobody sends meanwhile.
func expire(tb testing.TB, d *testkit.Database) {
	tb.Helper()
	if err := d.Exec(context.Background(), `UPDATE outbox SET due_at = 0 WHERE state = 'waiting' AND claim <> ''`); err != nil {
		tb.Error(err)
	}
}
