package api

import (
	"context"

	"swapnest/internal/chat"
	"swapnest/internal/feature/search"
	"swapnest/internal/live/wire"
)

type searchInput struct {
	Text         string              `query:"q" doc:"Words, each the beginning of one from two characters on, and phrases in quotes; all must be there. Up to 100 characters."`
	Conversation chat.ConversationID `query:"conversation_id" minimum:"1" doc:"Only in this conversation."`
	Cursor       string              `query:"cursor" doc:"The next of the page before."`
}

// highlight is a part of a text.
type highlight struct {
	Start int `json:"start" doc:"In characters, that is Unicode code points, from 0."`
	End   int `json:"end" doc:"Behind the last one."`
}

// hit is a message that was found.
type hit struct {
	Message      wire.Message      `json:"message"`
	Conversation wire.Conversation `json:"conversation"`
	Highlights   []highlight       `json:"highlights" nullable:"false" doc:"What fits in the message's text, in rising order, without overlap; 100 at most. Empty for a message that was found by the names of its files alone."`
}

// hitPage is a page of what was found.
type hitPage struct {
	Hits []hit  `json:"hits" nullable:"false" doc:"The newest first, 20 at most; of a query with many words fewer, or none, do not tell that there are no more. Empty also for a query without a letter, digit or emoji."`
	Next string `json:"next" doc:"The cursor of the next page, empty on the last one."`
}

type searchOutput struct{ Body hitPage }

// search answers GET /search.
func (a *API) search(ctx context.Context, c call, in *searchInput) (*searchOutput, error) {
	page, err := a.Search.Messages(ctx, c.identity.User.ID, search.Query{Text: in.Text, Conversation: in.Conversation, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	out := hitPage{Hits: make([]hit, len(page.Hits)), Next: page.Next}
	for i, h := range page.Hits {
		out.Hits[i] = hit{Message: wire.MessageOf(h.Message), Conversation: wire.ConversationOf(h.Entry), Highlights: make([]highlight, len(h.Highlights))}
		for j, r := range h.Highlights {
			out.Hits[i].Highlights[j] = highlight(r)
		}
	}
	return &searchOutput{out}, nil
}
