package inbox_test

import (
	"fmt"
	"strings"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/testkit"
)

// What somebody has hidden is passed over whenever they read, so there is an end of it.
func TestSoManyMessagesOfAConversationCanBeHidden(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		id, all := h.talk(t, 4)
		other := h.converse2(t)
		// All but one that can be hidden; they lie between the second message and the third.
		for _, statement := range []string{
			`UPDATE message SET seq = seq + 10000 WHERE conversation_id = %[1]d AND seq > 2`,
			`UPDATE event SET seq = seq + 10000 WHERE conversation_id = %[1]d AND seq > 2`,
			`UPDATE conversation SET head = head + 10000, last_seq = last_seq + 10000 WHERE id = %[1]d`,
			`INSERT INTO message (id, conversation_id, seq, sender_id, client_id, digest, body, buyer_sent, seller_sent, created_at)
				WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %[3]d)
				SELECT 100000 + i, %[1]d, 2 + i, %[2]d, 'many' || i, m.digest, 'Hello', 1, 1, m.created_at FROM n, message m WHERE m.id = %[4]d`,
			`INSERT INTO message_hidden (user_id, conversation_id, message_id) SELECT %[2]d, %[1]d, id FROM message WHERE id > 100000`,
		} {
			if err := d.Exec(t.Context(), fmt.Sprintf(statement, id, h.Buyer.ID, chat.MaxHidden-1, all[0].ID)); err != nil {
				t.Fatalf("%v: %s", err, statement)
			}
		}
		h.hide(t, all[0], true)
		h.told.take()
		_, err := h.inbox.Hide(t.Context(), h.Buyer.ID, id, all[1].ID, true)
		if chat.CodeOf(err) != chat.Conflict || !strings.Contains(err.Error(), "delete the conversation") {
			t.Errorf("one more: %v", err)
		}
		if told := h.told.take(); len(told) != 0 {
			t.Errorf("of what was refused %v is told", told)
		}
		if seen, err := h.db.As(h.Buyer.ID).MessagesAfter(t.Context(), id, 0, 10); err != nil || len(seen) != 3 {
			t.Errorf("sees %v, %v", seen, err)
		}
		h.hide(t, all[0], true) // it is hidden already
		if _, err := h.inbox.Hide(t.Context(), h.Seller.ID, id, all[1].ID, true); err != nil {
			t.Errorf("the other person: %v", err)
		}
		elsewhere, err := h.db.MessagesAfter(t.Context(), other, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		h.hide(t, elsewhere[0], true)
		h.hide(t, all[0], false)
		h.hide(t, all[1], true)
		// What it says to do helps.
		if err := h.inbox.Delete(t.Context(), h.Buyer.ID, id); err != nil {
			t.Fatal(err)
		}
		h.say(t, h.Seller.ID, id)
		after, err := h.db.MessagesBefore(t.Context(), id, 1<<40, 1)
		if err != nil {
			t.Fatal(err)
		}
		h.hide(t, after[0], true)
	})
}
