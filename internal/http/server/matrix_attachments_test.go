package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
	"swapnest/internal/testkit"
)

// TestAForeignAttachmentIsAnsweredLikeNone has the buyer and the seller send what is each other's, a
// stranger's, in another conversation and nowhere: by the API and by both sockets it is answered in the
// same words, changes nothing, and nobody hears of it.
func TestAForeignAttachmentIsAnsweredLikeNone(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newTheater(t, d)
		c, elsewhere := h.stage(t), h.stage(t)
		h.settle(t)
		idOf := func(c *scene, p person) chat.UserID {
			user := c.clients[p].Do(http.MethodGet, "/api/v1/me", "").JSON(t)["user"].(map[string]any)
			return chat.UserID(user["id"].(float64))
		}
		name := func(a *chat.Attachment) { a.Name = betweenUs + ".pdf" }
		sent := d.Attach(t, idOf(elsewhere, buyer), name).ID
		body := fmt.Sprintf(`{"client_id":"sent","attachments":[%q]}`, sent)
		if r := elsewhere.clients[buyer].Do(http.MethodPost, fmt.Sprintf("/api/v1/conversations/%d/messages", elsewhere.conversation), body); r.Status != http.StatusCreated {
			t.Fatalf("sending what is one's own: %d %s", r.Status, r.Body)
		}
		own := map[person]chat.AttachmentID{}
		for _, p := range everybody[1:] {
			own[p] = d.Attach(t, idOf(c, p), name).ID
		}
		before, lines := h.rest(t), h.listen(t, c)
		for _, p := range []person{buyer, seller} {
			answers := map[string][3]string{}
			for what, id := range map[string]chat.AttachmentID{
				"nothing": "krhs2yxbcr6ewznm7p4zkqvd3a", "the other's": own[buyer+seller-p], "a stranger's": own[stranger], "what was sent elsewhere": sent,
			} {
				body := fmt.Sprintf(`{"client_id":"m1","message":"Look","attachments":[%q]}`, id)
				r := c.clients[p].Do(http.MethodPost, fmt.Sprintf("/api/v1/conversations/%d/messages", c.conversation), body)
				if r.Status != http.StatusUnprocessableEntity || !strings.Contains(r.Body, `"field":"attachments"`) {
					t.Errorf("%s by the %s: %d %s", what, p, r.Status, r.Body)
				}
				all, _ := h.utter(t, "/ws/", fmt.Sprintf(`{"type":"send","conversation_id":%d,%s`, c.conversation, body[1:]), c.clients[p])
				one, _ := h.utter(t, c.fill("/ws/chat/{conversation}/", true), `{"type":"send",`+body[1:], c.clients[p])
				if kinds(all, 0) != "error:invalid" || kinds(one, 0) != "error:invalid" {
					t.Errorf("%s by the %s: %v and %v", what, p, all, one)
				}
				answers[what] = [3]string{r.Body, fmt.Sprint(all), fmt.Sprint(one)}
				if told := fmt.Sprint(answers[what]); strings.Contains(told, betweenUs) || strings.Contains(told, string(id)) {
					t.Errorf("%s by the %s is answered with %s", what, p, told)
				}
				before = h.unchanged(t, what, before)
			}
			for what, got := range answers {
				if diff := cmp.Diff(answers["nothing"], got); diff != "" {
					t.Errorf("%s by the %s is told apart from nothing:\n%s", what, p, diff)
				}
			}
		}
		for who, s := range lines {
			if told := kinds(heard(s)); told != "" {
				t.Errorf("of what was refused the %s hears %s", who, told)
			}
		}
		// What is one's own goes through, and a stranger's line hears nothing of it.
		body = fmt.Sprintf(`{"client_id":"m2","attachments":[%q]}`, own[buyer])
		if r := c.clients[buyer].Do(http.MethodPost, fmt.Sprintf("/api/v1/conversations/%d/messages", c.conversation), body); r.Status != http.StatusCreated {
			t.Errorf("one's own: %d %s", r.Status, r.Body)
		}
		lines[seller.String()].Wait("message")
		if told := kinds(heard(lines[stranger.String()])); told != "" {
			t.Errorf("of what was sent a stranger hears %s", told)
		}
	})
}
