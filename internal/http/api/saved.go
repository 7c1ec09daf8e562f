package api

import (
	"context"

	"swapnest/internal/chat"
	"swapnest/internal/feature/saved"
)

// savedReply is a text that somebody writes often.
type savedReply struct {
	ID    chat.SavedReplyID `json:"id"`
	Title string            `json:"title" doc:"What it is called; may be empty."`
	Text  string            `json:"text" doc:"Clients put the other person's name for {name}, and the listing's title for {title}."`
}

func savedReplyOf(r chat.SavedReply) savedReply { return savedReply(r) }

// savedReplies are all that somebody has saved.
type savedReplies struct {
	Replies []savedReply `json:"saved_replies" nullable:"false" doc:"In their order; at most 50."`
}

type savedRepliesOutput struct{ Body savedReplies }

// listSavedReplies answers GET /saved-replies.
func (a *API) listSavedReplies(ctx context.Context, c call, _ *none) (*savedRepliesOutput, error) {
	all, err := a.Saved.List(ctx, c.identity.User.ID)
	if err != nil {
		return nil, err
	}
	out := savedReplies{Replies: make([]savedReply, len(all))}
	for i, r := range all {
		out.Replies[i] = savedReplyOf(r)
	}
	return &savedRepliesOutput{out}, nil
}

// savedDraft is a reply that is to be saved.
type savedDraft struct {
	Title string `json:"title,omitempty" doc:"Up to 60 characters on one line."`
	Text  string `json:"text" doc:"1 to 4,000 characters, as a message."`
}

type addSavedReplyInput struct{ Body savedDraft }

// savedAnswer holds a saved reply.
type savedAnswer struct {
	Reply savedReply `json:"saved_reply"`
}

type savedReplyOutput struct{ Body savedAnswer }

// addSavedReply answers POST /saved-replies.
func (a *API) addSavedReply(ctx context.Context, c call, in *addSavedReplyInput) (*savedReplyOutput, error) {
	r, err := a.Saved.Add(ctx, c.identity.User.ID, in.Body.Title, in.Body.Text)
	if err != nil {
		return nil, err
	}
	return &savedReplyOutput{savedAnswer{savedReplyOf(r)}}, nil
}

// savedPatch changes what it names.
type savedPatch struct {
	Title *string `json:"title,omitempty" doc:"Up to 60 characters on one line."`
	Text  *string `json:"text,omitempty" doc:"1 to 4,000 characters, as a message."`
	Place *int    `json:"place,omitempty" minimum:"1" doc:"In the list: 1 is the first, and beyond the end the last."`
}

type editSavedReplyInput struct {
	ID   chat.SavedReplyID `path:"id"`
	Body savedPatch
}

// editSavedReply answers PATCH /saved-replies/{id}.
func (a *API) editSavedReply(ctx context.Context, c call, in *editSavedReplyInput) (*savedReplyOutput, error) {
	r, err := a.Saved.Edit(ctx, c.identity.User.ID, saved.EditCommand{ID: in.ID, Title: in.Body.Title, Text: in.Body.Text, Place: in.Body.Place})
	if err != nil {
		return nil, err
	}
	return &savedReplyOutput{savedAnswer{savedReplyOf(r)}}, nil
}

type savedReplyInput struct {
	ID chat.SavedReplyID `path:"id"`
}

// deleteSavedReply answers DELETE /saved-replies/{id}.
func (a *API) deleteSavedReply(ctx context.Context, c call, in *savedReplyInput) (*none, error) {
	return &none{}, a.Saved.Delete(ctx, c.identity.User.ID, in.ID)
}
