package server_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

// rumor is what somebody is told of another person's reading and coming: the
// names of fields, and of words on pages.
type rumor map[string]bool

// hear looks through a frame or an answer for what it tells of other people than who looks:
// of their reading, and of the coming of those in about.
func (x rumor) hear(v any, viewer chat.UserID, about []chat.UserID) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			x.hear(one, viewer, about)
		}
	case map[string]any:
		id, _ := v["id"].(float64)
		if v["type"] == "presence" || v["type"] == "read" {
			id, _ = v["user_id"].(float64)
		}
		who := chat.UserID(id)
		if slices.Contains(about, who) {
			x["online"] = x["online"] || v["online"] == true
			x["last_seen"] = x["last_seen"] || v["last_seen"] != nil
		}
		if who != viewer {
			seq, _ := v["read_seq"].(float64)
			x["read_seq"] = x["read_seq"] || seq > 0
			x["read"] = x["read"] || v["type"] == "read"
		}
		x["is_read"] = x["is_read"] || v["is_read"] == true
		for _, one := range v {
			x.hear(one, viewer, about)
		}
	}
}

// onPages are what pages tell, by the same names.
var onPages = map[string]*regexp.Regexp{
	"online":    regexp.MustCompile(`Online now|data-state="online"|<presence-dot class="presence" data-user-id="\d+">|<span class="presence">`),
	"last_seen": regexp.MustCompile(`(?i)last seen <time`),
	"read_seq":  regexp.MustCompile(`data-other-read="[1-9]`),
	"is_read":   regexp.MustCompile(`data-state="read"`),
}

// names are what has been told, in the order of the alphabet.
func (x rumor) names() string {
	var all []string
	for name, yes := range x {
		if yes {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// look has p read every answer of the API, every page and the first frames of both sockets.
func (h *theater) look(t *testing.T, c *scene, p person, viewer chat.UserID, about []chat.UserID) rumor {
	t.Helper()
	x := rumor{}
	for under, rows := range map[string]map[string]row{"/api/v1": apiRows, "": pageRows} {
		for _, e := range slices.Sorted(maps.Keys(rows)) {
			method, path := rows[e].address(e)
			path = c.fill(path, true)
			if method != "GET" || rows[e].want[p] != 200 || strings.Contains(path, "{") { // no photo was uploaded
				continue
			}
			got := c.clients[p].Do(method, under+path, "")
			if got.Status != 200 {
				t.Fatalf("%s: %d", e, got.Status)
			}
			var answer any
			if json.Unmarshal([]byte(got.Body), &answer) == nil {
				x.hear(answer, viewer, about)
				continue
			}
			// On one's own listing one sees oneself, and nobody else anywhere but in the chats.
			if !slices.Contains(about, c.seller.ID) && !strings.HasPrefix(path, "/chat/") {
				continue
			}
			for name, words := range onPages {
				if name == "is_read" && !strings.HasPrefix(path, "/chat/") {
					continue // the pages for visitors are adorned with a picture of a chat
				}
				x[name] = x[name] || words.MatchString(got.Body)
			}
		}
	}
	if p < buyer {
		return x
	}
	for _, address := range []string{"/ws/", c.fill("/ws/chat/{conversation}/", true)} {
		s := h.line(t, address, c.clients[p])
		s.Send(`{"type":"watch","user_ids":[%d,%d]}`, about[0], about[len(about)-1])
		frames, _ := answers(s)
		for _, f := range frames {
			x.hear(map[string]any(f), viewer, about)
		}
		s.Drop()
	}
	return x
}

// everything is all that can be told.
const everything = "is_read last_seen online read_seq"

func TestWhoHidesIsShownToNobodyAndShownNobody(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newTheater(t, d)
		c := h.stage(t)
		h.settle(t)
		h.answer(t, c)
		conversation, err := h.Inbox.Entry(t.Context(), c.seller.ID, c.conversation)
		if err != nil {
			t.Fatal(err)
		}
		ids := [len(everybody)]chat.UserID{buyer: conversation.Other.ID, seller: c.seller.ID}
		for _, p := range []person{buyer, seller} {
			// Both are here, and have read what there is.
			h.line(t, "/ws/", c.clients[p]).Wait("hello")
			if got := c.clients[p].Do("PUT", c.fill("/api/v1/conversations/{conversation}/read", true), `{"seq":2}`); got.Status != 204 {
				t.Fatalf("%d: %s", got.Status, got.Body)
			}
		}
		both := []chat.UserID{ids[buyer], ids[seller]}
		h.Presence.Left(both, time.Now())
		hides := func(p person, reads, seen bool) {
			t.Helper()
			body := fmt.Sprintf(`{"preferences":{"read_receipts":%t,"last_seen":%t}}`, !reads, !seen)
			if got := c.clients[p].Do("PATCH", "/api/v1/me", body); got.Status != 200 {
				t.Fatalf("%d: %s", got.Status, got.Body)
			}
		}
		shown := func(p person, about []chat.UserID, when, want string) {
			t.Helper()
			if got := h.look(t, c, p, ids[p], about).names(); got != want {
				t.Errorf("%s, the %s is told %q, want %q", when, p, got, want)
			}
		}
		for _, p := range []person{buyer, seller} {
			shown(p, both, "at first", everything)
		}
		shown(visitor, []chat.UserID{c.seller.ID}, "at first", "last_seen online")
		for _, p := range []person{buyer, seller} {
			about := map[person][]chat.UserID{p: both, buyer + seller - p: {ids[p]}}
			hides(p, true, true)
			for _, viewer := range []person{buyer, seller} {
				shown(viewer, about[viewer], fmt.Sprintf("when the %s hides all", p), "")
			}
			if p == seller {
				shown(visitor, []chat.UserID{c.seller.ID}, "when the seller hides all", "")
				shown(stranger, []chat.UserID{c.seller.ID}, "when the seller hides all", "")
			}
			hides(p, true, false)
			for _, viewer := range []person{buyer, seller} {
				shown(viewer, both, fmt.Sprintf("when the %s hides what they read", p), "last_seen online")
			}
			hides(p, false, true)
			for _, viewer := range []person{buyer, seller} {
				shown(viewer, about[viewer], fmt.Sprintf("when the %s hides that they are here", p), "is_read read_seq")
			}
			hides(p, false, false)
			for _, viewer := range []person{buyer, seller} {
				shown(viewer, both, fmt.Sprintf("when the %s shows all again", p), everything)
			}
		}
	})
}

// What comes while the lines are open.
func TestWhoHidesIsNotToldOfLive(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newTheater(t, d)
		c := h.stage(t)
		h.settle(t)
		lines := h.listen(t, c)
		entry, err := h.Inbox.Entry(t.Context(), c.seller.ID, c.conversation)
		if err != nil {
			t.Fatal(err)
		}
		for name, s := range lines {
			s.Send(`{"type":"watch","user_ids":[%d,%d]}`, c.seller.ID, entry.Other.ID)
			if got := kinds(heard(s)); got != "presence presence" {
				t.Fatalf("%s is answered %q", name, got)
			}
		}
		// all is what has come to the lines since the last call.
		all := func(when string, want map[string]string) {
			t.Helper()
			for name, s := range lines {
				frames, code := heard(s)
				if got := kinds(frames, code); got != want[name] {
					t.Errorf("%s, the %s hears %q, want %q", when, name, got, want[name])
				}
				for _, f := range frames {
					if f.Type() == "presence" && want["last seen"] == "" && (f["online"] != false || f["last_seen"] != nil) {
						t.Errorf("%s, the %s hears %v", when, name, f)
					}
				}
			}
		}
		const in = " in the conversation"
		prefer := func(body string) {
			t.Helper()
			if got := c.clients[seller].Do("PATCH", "/api/v1/me", `{"preferences":`+body+`}`); got.Status != 200 {
				t.Fatalf("%d: %s", got.Status, got.Body)
			}
		}
		prefer(`{"last_seen":false}`)
		// The seller's own lines are told once as themselves; they watch nobody any more.
		own, watching := "privacy", "presence privacy"
		all("when the seller hides that they are here", map[string]string{"seller": own, "seller" + in: own, "buyer": watching, "buyer" + in: watching, "stranger": watching})
		prefer(`{"last_seen":false}`)
		all("when nothing changes", nil)
		h.Hub.Ask(t.Context(), c.seller.ID)
		all("when another node asks", nil)
		prefer(`{"last_seen":true}`)
		all("when the seller shows it again", map[string]string{
			"seller": own, "seller" + in: own, "buyer": watching, "buyer" + in: watching, "stranger": watching, "last seen": "yes",
		})
		prefer(`{"read_receipts":false}`)
		all("when the seller hides what they read", map[string]string{"seller": own, "seller" + in: own, "buyer": own, "buyer" + in: own, "stranger": own})

		read := func(p person, seq int) {
			t.Helper()
			if got := c.clients[p].Do("PUT", c.fill("/api/v1/conversations/{conversation}/read", true), fmt.Sprintf(`{"seq":%d}`, seq)); got.Status != 204 {
				t.Fatalf("%d: %s", got.Status, got.Body)
			}
		}
		read(seller, 1)
		all("when the seller reads", map[string]string{"seller": "read", "seller" + in: "read", "buyer": "delivered", "buyer" + in: "delivered"})
		h.answer(t, c)
		for name, s := range lines {
			// It is told behind its acknowledgement.
			if p, _, _ := strings.Cut(name, " "); p == "seller" || p == "buyer" {
				until(s, func(f apptest.Frame) bool { return f.Type() == "message" })
			}
			heard(s)
		}
		deliver(t, h, c, buyer, 2)
		all("when it has reached the buyer", map[string]string{"seller": "delivered", "seller" + in: "delivered", "buyer": "delivered", "buyer" + in: "delivered"})
		read(buyer, 2)
		all("when the buyer reads, whom the seller is not told of", map[string]string{"buyer": "read", "buyer" + in: "read"})
		entry, err = h.Inbox.Entry(t.Context(), entry.Other.ID, c.conversation)
		if err != nil || entry.Unread != 0 || entry.ReadSeq != 2 {
			t.Errorf("the buyer has read up to %d and has %d unread (%v), want up to 2 and none", entry.ReadSeq, entry.Unread, err)
		}
	})
}

// deliver has messages reach somebody's device.
func deliver(t *testing.T, h *theater, c *scene, p person, seq chat.Seq) {
	t.Helper()
	who := c.seller.ID
	if p == buyer {
		entry, err := h.Inbox.Entry(t.Context(), who, c.conversation)
		if err != nil {
			t.Fatal(err)
		}
		who = entry.Other.ID
	}
	if err := h.Messages.MarkDelivered(t.Context(), who, c.conversation, seq); err != nil {
		t.Fatal(err)
	}
}
