package inbox_test

import (
	"fmt"
	"slices"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/feature/inbox"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/store"
)

// talk is a conversation in which the two have written by turns, the buyer first.
func (h *house) talk(t *testing.T, n int) (chat.ConversationID, []chat.Message) {
	t.Helper()
	id := h.converse(t, 1)[0]
	for i := 2; i < n; i++ {
		h.say(t, []chat.UserID{h.Buyer.ID, h.Seller.ID}[i%2], id)
	}
	all, err := h.db.MessagesAfter(t.Context(), id, 0, n)
	if err != nil || len(all) != n {
		t.Fatal(len(all), err)
	}
	return id, all
}

func (h *house) hide(t *testing.T, m chat.Message, hide bool) chat.Message {
	t.Helper()
	got, err := h.inbox.Hide(t.Context(), h.Buyer.ID, m.Conversation, m.ID, hide)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (h *house) entry(t *testing.T, who chat.UserID, id chat.ConversationID) chat.Entry {
	t.Helper()
	e, err := h.inbox.Entry(t.Context(), who, id)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// seen returns what somebody sees by each way of asking for messages.
func (h *house) seen(t *testing.T, who chat.UserID, id chat.ConversationID) []chat.Seq {
	t.Helper()
	first, end := chat.Seq(0), chat.Seq(1000)
	var all [][]chat.Seq
	for _, q := range []messaging.MessagesQuery{{}, {Before: &end}, {After: &first}, {Around: &first}, {Around: &end}} {
		q.Conversation = id
		page, err := h.messages.Messages(t.Context(), who, q)
		if err != nil {
			t.Fatal(err)
		}
		seqs := []chat.Seq{}
		for _, m := range page.Messages {
			seqs = append(seqs, m.Seq)
		}
		all = append(all, seqs)
	}
	for _, one := range all {
		if !slices.Equal(one, all[0]) {
			t.Errorf("the ways to ask do not agree: %v", all)
		}
	}
	return all[0]
}

func TestWhatOneDeletesForOneselfIsGoneForOneselfAlone(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id, all := h.talk(t, 6)
		h.told.take()
		for _, m := range []chat.Message{all[1], all[2], all[5]} { // theirs, one's own, and the last
			if got := h.hide(t, m, true); got.Text != "" || !got.Hidden {
				t.Errorf("got %+v", got)
			}
		}
		if told := h.told.take(); len(told) != 6 {
			t.Errorf("got %d told, want the message and the entry of each", len(told))
		} else if hidden := told[4].(chat.MessageHidden); hidden.To != h.Buyer.ID || hidden.Message.ID != all[5].ID || hidden.Message.Text != "" {
			t.Errorf("got %+v", hidden)
		} else if entry := told[5].(chat.Introduced); entry.To != h.Buyer.ID || entry.Entry.Last.Seq != 5 || entry.Entry.Unread != 1 {
			t.Errorf("got %+v", entry)
		}
		if got := h.seen(t, h.Buyer.ID, id); !slices.Equal(got, []chat.Seq{1, 4, 5}) {
			t.Errorf("sees %v", got)
		}
		if got := h.seen(t, h.Seller.ID, id); len(got) != 6 {
			t.Errorf("the other person sees %v", got)
		}
		if e := h.entry(t, h.Seller.ID, id); e.Last.Seq != 6 {
			t.Errorf("the other person's last one is %d", e.Last.Seq)
		}
		// A replay keeps its numbers, and says nothing of what is hidden.
		events, err := h.messages.Missing(t.Context(), h.Buyer.ID, id, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range events {
			hidden := slices.Contains([]int{1, 2, 5}, i)
			if e.Seq != chat.Seq(i+1) || e.Message.Hidden != hidden || (e.Message.Text == "") != hidden || e.Message.Sender.ID != all[i].Sender.ID {
				t.Errorf("event %d: %+v", i, e)
			}
		}
		if events, err = h.messages.Missing(t.Context(), h.Seller.ID, id, 0, 100); err != nil || events[5].Message.Hidden {
			t.Error("it is hidden from the other person", err)
		}
		d, err := h.inbox.Conversation(t.Context(), h.Buyer.ID, id)
		if err != nil || !slices.Equal(d.Hidden, []chat.MessageID{all[5].ID, all[2].ID, all[1].ID}) {
			t.Errorf("hidden are %v, %v", d.Hidden, err)
		}
		if _, err := h.messages.Place(t.Context(), h.Buyer.ID, d.Entry.Conversation, all[1].ID); chat.CodeOf(err) != chat.NotFound {
			t.Errorf("its place: %v", err)
		}
		// Once more changes nothing, and taken back it is what it was.
		h.hide(t, all[5], true)
		if told := h.told.take(); len(told) != 0 {
			t.Errorf("told %v once more", told)
		}
		if got := h.hide(t, all[5], false); got.Hidden || got.Text != all[5].Text || !got.SentAt.Equal(all[5].SentAt) {
			t.Errorf("taken back it is %+v", got)
		}
		if got := h.seen(t, h.Buyer.ID, id); !slices.Equal(got, []chat.Seq{1, 4, 5, 6}) {
			t.Errorf("sees %v", got)
		}
		if e := h.entry(t, h.Buyer.ID, id); e.Last.Seq != 6 || e.Unread != 3-1 {
			t.Errorf("the last is %d, %d unread", e.Last.Seq, e.Unread)
		}
	})
}

func TestWhatIsHiddenUnreadCountsNoMoreAndIsNotReadByThat(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id, all := h.talk(t, 4) // of the seller: 2 and 4
		h.hide(t, all[3], true)
		if e := h.entry(t, h.Buyer.ID, id); e.Unread != 1 {
			t.Errorf("%d unread", e.Unread)
		}
		if err := h.messages.MarkRead(t.Context(), h.Buyer.ID, id, 3); err != nil {
			t.Fatal(err)
		}
		if got := h.list(t, inbox.Unread, 20); len(got) != 0 || h.unread(t) != 0 {
			t.Errorf("unread are %v, counted %d", got, h.unread(t))
		}
		if e := h.entry(t, h.Seller.ID, id); e.OtherRead != 3 {
			t.Errorf("the other person is told that one has read up to %d, want 3", e.OtherRead)
		}
		h.hide(t, all[3], false)
		if h.unread(t) != 1 {
			t.Error("taken back it is not unread any more")
		}
		// What was read before is none of what counts.
		h.hide(t, all[1], true)
		if e := h.entry(t, h.Buyer.ID, id); e.Unread != 1 {
			t.Errorf("%d unread", e.Unread)
		}
		if err := h.messages.MarkRead(t.Context(), h.Buyer.ID, id, 4); err != nil {
			t.Fatal(err)
		}
		h.say(t, h.Seller.ID, id)
		if e := h.entry(t, h.Buyer.ID, id); e.Unread != 1 || h.unread(t) != 1 {
			t.Errorf("%d unread of a new one", e.Unread)
		}
	})
}

func TestWhoHidesAllSeesAnEmptyConversationInTheList(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id, all := h.talk(t, 3)
		for _, m := range all {
			h.hide(t, m, true)
		}
		if e := h.entry(t, h.Buyer.ID, id); e.Last != nil || e.Unread != 0 || e.Cleared {
			t.Errorf("got %+v", e)
		}
		if got := h.list(t, inbox.All, 20); !slices.Equal(got, []chat.ConversationID{id}) {
			t.Errorf("the list is %v", got)
		}
	})
}

func TestADeletedConversationIsInNoListUntilSomebodyWrites(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := h.converse(t, 3)
		id := ids[1]
		h.keep(t, id, chat.KeepingChange{Pinned: on, Muted: on})
		all, err := h.db.MessagesAfter(t.Context(), id, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		h.hide(t, all[0], true)
		h.told.take()
		remove := func() {
			t.Helper()
			if err := h.inbox.Delete(t.Context(), h.Buyer.ID, id); err != nil {
				t.Fatal(err)
			}
		}
		remove()
		if told := h.told.take(); len(told) != 1 || !told[0].(chat.Introduced).Entry.Cleared || told[0].(chat.Introduced).To != h.Buyer.ID {
			t.Errorf("told %v", told)
		}
		for _, filter := range []inbox.Filter{inbox.All, inbox.Buying, inbox.Unread} {
			if got := h.list(t, filter, 20); !slices.Equal(got, []chat.ConversationID{ids[0], ids[2]}) {
				t.Errorf("%s: %v", filter, got)
			}
		}
		if got := h.list(t, inbox.Archived, 20); len(got) != 0 {
			t.Errorf("archived: %v", got)
		}
		if h.unread(t) != 2 {
			t.Errorf("%d unread", h.unread(t))
		}
		if got := h.seen(t, h.Buyer.ID, id); len(got) != 0 {
			t.Errorf("sees %v", got)
		}
		if e := h.entry(t, h.Buyer.ID, id); e.Last != nil || e.Unread != 0 || !e.Cleared || e.ClearedSeq != 2 {
			t.Errorf("got %+v", e)
		}
		if e := h.entry(t, h.Seller.ID, id); e.Cleared || e.Last == nil || e.OtherRead != 0 {
			t.Errorf("the other person has %+v", e)
		}
		if events, err := h.messages.Missing(t.Context(), h.Buyer.ID, id, 0, 10); err != nil || len(events) != 2 || !events[1].Message.Hidden {
			t.Errorf("replayed %v, %v", events, err)
		}
		if _, err := h.inbox.Hide(t.Context(), h.Buyer.ID, id, all[0].ID, false); chat.CodeOf(err) != chat.NotFound {
			t.Errorf("what was hidden before comes back: %v", err)
		}
		if d, err := h.inbox.Conversation(t.Context(), h.Buyer.ID, id); err != nil || len(d.Hidden) != 0 {
			t.Errorf("still hidden are %v, %v", d.Hidden, err)
		}
		// What is in no list counts nowhere, however it is marked.
		h.keep(t, id, chat.KeepingChange{MarkedUnread: on})
		if h.unread(t) != 2 {
			t.Errorf("%d unread of what is marked", h.unread(t))
		}
		h.keep(t, id, chat.KeepingChange{MarkedUnread: off})
		// A cursor of before says nothing of what counts.
		if err := h.messages.MarkRead(t.Context(), h.Buyer.ID, id, 1); err != nil {
			t.Fatal(err)
		}
		if e := h.entry(t, h.Buyer.ID, id); e.Unread != 0 {
			t.Errorf("%d unread", e.Unread)
		}
		// An edit is no new message.
		if _, err := h.messages.Edit(t.Context(), h.Seller.ID, messaging.ReviseCommand{Conversation: id, Message: all[1].ID, Text: "anew"}); err != nil {
			t.Fatal(err)
		}
		if got := h.list(t, inbox.All, 20); len(got) != 2 {
			t.Errorf("an edit brings it back: %v", got)
		}
		h.say(t, h.Seller.ID, id)
		if got := h.list(t, inbox.All, 20); !slices.Equal(got, []chat.ConversationID{id, ids[0], ids[2]}) {
			t.Errorf("the list is %v", got)
		}
		e := h.entry(t, h.Buyer.ID, id)
		if e.Unread != 1 || e.Last == nil || e.Last.Seq != 4 || e.Pinned || !e.Muted || e.Cleared {
			t.Errorf("it comes back as %+v", e)
		}
		if got := h.seen(t, h.Buyer.ID, id); !slices.Equal(got, []chat.Seq{4}) {
			t.Errorf("sees %v", got)
		}
		remove()
		// Who writes themselves has it back, too.
		h.say(t, h.Buyer.ID, id)
		if got := h.list(t, inbox.All, 20); len(got) != 3 {
			t.Errorf("the list is %v", got)
		}
		if got := h.seen(t, h.Seller.ID, id); len(got) != 4 {
			t.Errorf("the other person sees %v", got)
		}
	})
}

func TestWhatIsHiddenIsToldOfInNoNotice(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id, all := h.talk(t, 4) // of the seller: 2 and 4
		told := func() string {
			t.Helper()
			found, err := h.db.Notices(t.Context(), store.NoticeQuery{Who: h.Buyer.ID, Limit: 10})
			if err != nil {
				t.Fatal(err)
			}
			s := ""
			for _, n := range found {
				s += fmt.Sprintf("%q %d %v ", n.Text, n.Count, n.Unread)
			}
			return s
		}
		tell := func(seq chat.Seq) {
			t.Helper()
			err := h.db.Update(t.Context(), func(tx *store.Tx) error {
				_, err := tx.TellOfMessages(t.Context(), chat.NoticeMessage, []store.MessageNews{{Conversation: id, Actor: h.Seller.ID, Seq: seq, At: all[seq-1].SentAt}})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		tell(2)
		tell(4)
		h.hide(t, all[3], true)
		if got := told(); got != `"Hello" 1 true ` {
			t.Errorf("got %s", got)
		}
		h.told.take()
		// Nothing is left to read of it, though the cursor has not come to what is hidden.
		if err := h.messages.MarkRead(t.Context(), h.Buyer.ID, id, 3); err != nil {
			t.Fatal(err)
		}
		if got := told(); got != `"Hello" 0 false ` {
			t.Errorf("read: %s", got)
		}
		h.hide(t, all[1], true)
		if got := told(); got != `"" 0 false ` {
			t.Errorf("all hidden: %s", got)
		}
		tell(4)
		if got := told(); got != `"" 0 false ` {
			t.Errorf("the follower comes later: %s", got)
		}
		h.say(t, h.Seller.ID, id)
		after, err := h.db.MessagesAfter(t.Context(), id, 4, 10)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, after...)
		h.hide(t, all[4], true)
		tell(5)
		if got := told(); got != `"" 0 false ` {
			t.Errorf("hidden before anybody was told: %s", got)
		}
		h.hide(t, all[4], false)
		tell(5)
		if got := told(); got != `"Hello" 1 true "" 1 false ` {
			t.Errorf("a new one: %s", got)
		}
		h.told.take()
		if err := h.inbox.Delete(t.Context(), h.Buyer.ID, id); err != nil {
			t.Fatal(err)
		}
		if got := told(); got != "" {
			t.Errorf("of a deleted conversation: %s", got)
		}
		if signals := h.told.take(); len(signals) != 2 || signals[0] != (chat.NoticesChanged{To: h.Buyer.ID}) {
			t.Errorf("told %v", signals)
		}
	})
}

func TestHidingIsRefusedToOthers(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id, all := h.talk(t, 2)
		ids := h.converse2(t)
		for name, call := range map[string]func() error{
			"a stranger hides":   func() error { _, err := h.inbox.Hide(t.Context(), h.Stranger.ID, id, all[0].ID, true); return err },
			"a stranger deletes": func() error { return h.inbox.Delete(t.Context(), h.Stranger.ID, id) },
			"another talk's":     func() error { _, err := h.inbox.Hide(t.Context(), h.Buyer.ID, ids, all[0].ID, true); return err },
			"none":               func() error { _, err := h.inbox.Hide(t.Context(), h.Buyer.ID, id, 1<<40, true); return err },
		} {
			if err := call(); chat.CodeOf(err) != chat.NotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got := h.seen(t, h.Buyer.ID, id); len(got) != 2 {
			t.Errorf("sees %v", got)
		}
	})
}

// converse2 is another conversation of the buyer's.
func (h *house) converse2(t *testing.T) chat.ConversationID {
	t.Helper()
	c := h.Converse(t, h.db)
	h.say(t, h.Buyer.ID, c.ID)
	return c.ID
}
