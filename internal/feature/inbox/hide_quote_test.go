package inbox_test

import (
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
)

func TestWhatAnswersAMessageDoesNotShowItToWhoHasDeletedIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id, all := h.talk(t, 4)
		answer, err := h.messages.Send(t.Context(), h.Seller.ID, messaging.SendCommand{
			Conversation: id, ClientID: "answer", Text: "As I said", ReplyTo: all[1].ID,
		})
		if err != nil {
			t.Fatal(err)
		}
		// quotes are what each of both sees of the answered message, in pages and in a replay.
		quotes := func() (seen [2][2]string) {
			for i, who := range []chat.UserID{h.Buyer.ID, h.Seller.ID} {
				page, err := h.messages.Messages(t.Context(), who, messaging.MessagesQuery{Conversation: id})
				if err != nil {
					t.Fatal(err)
				}
				c, err := h.db.Conversation(t.Context(), id, who)
				if err != nil {
					t.Fatal(err)
				}
				events, err := h.db.As(who).EventsAfter(t.Context(), c, answer.Message.Seq-1, 1)
				if err != nil || len(events) != 1 {
					t.Fatal(events, err)
				}
				seen[i] = [2]string{page.Messages[len(page.Messages)-1].ReplyTo.Text, events[0].Message.ReplyTo.Text}
			}
			return seen
		}
		text := all[1].Text
		if got, want := quotes(), [2][2]string{{text, text}, {text, text}}; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		h.hide(t, all[1], true)
		if got, want := quotes(), [2][2]string{{"", ""}, {text, text}}; got != want {
			t.Errorf("hidden: got %q, want %q", got, want)
		}
		h.hide(t, all[1], false)
		if got, want := quotes(), [2][2]string{{text, text}, {text, text}}; got != want {
			t.Errorf("seen again: got %q, want %q", got, want)
		}
	})
}
