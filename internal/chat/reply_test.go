package chat

import (
	"strings"
	"testing"
	"time"
)

func TestWhatAnAnswerMayAnswer(t *testing.T) {
	_, noon := about()
	for name, c := range map[string]struct {
		to     MessageID
		change func(*Thread)
		want   Code
		field  string
	}{
		"no message":                         {},
		"no message, whatever was looked up": {change: func(t *Thread) { t.Answers.DeletedAt = noon }},
		"a message of the conversation":      {to: 9},
		"one that is not there":              {to: 9, change: func(t *Thread) { t.Answers = Message{} }, want: Invalid, field: "reply_to"},
		"another one than was looked up":     {to: 8, want: Invalid, field: "reply_to"},
		"a deleted one":                      {to: 9, change: func(t *Thread) { t.Answers.DeletedAt = noon }, want: Invalid, field: "reply_to"},
		"where nothing is posted any more":   {to: 9, change: func(t *Thread) { t.ClosedAt = noon }, want: Closed},
	} {
		th, _ := about()
		th.Answers, th.About = th.About, Message{}
		if c.change != nil {
			c.change(&th)
		}
		change, err := th.Post(seller, Draft{Text: "Yes", ReplyTo: c.to}, 0, noon.Add(time.Hour))
		if CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
			continue
		}
		if err != nil {
			if e, ok := err.(*Error); !ok || e.Field != c.field {
				t.Errorf("%s: %+v, want the field %q", name, err, c.field)
			}
			continue
		}
		_, event := th.Apply(seller, "r", change)
		var want Quote
		if c.to != 0 {
			want = Quote{ID: 9, Seq: 5, SenderID: buyer, SenderName: th.Buyer.Name, Text: "I am at the gte."}
		}
		if event.Message.ReplyTo != want || event.Message.Text != "Yes" || event.Kind != MessagePosted {
			t.Errorf("%s: %+v", name, event)
		}
	}
}

func TestAQuoteShowsTheBeginning(t *testing.T) {
	whole := strings.Repeat("é", QuoteChars)
	for text, want := range map[string]string{"": "", "short": "short", whole: whole, whole + "é": whole, "x" + whole: "x" + strings.TrimSuffix(whole, "é")} {
		if got := (Message{Text: text}).Quote().Text; got != want {
			t.Errorf("of %d characters %d are shown", len([]rune(text)), len([]rune(got)))
		}
	}
	former := Message{Sender: Author{ID: 7, Name: "Lea", Former: true}, DeletedAt: time.Unix(1, 0)}
	if q := former.Quote(); q.SenderName != FormerMember || !q.Deleted {
		t.Errorf("of a former member's deleted message: %+v", q)
	}
}
