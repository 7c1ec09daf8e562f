package api

import (
	"context"
	"net/http"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/inbox"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/live/wire"
)

// question opens a conversation about a listing, or goes on with it.
type question struct {
	Listing  chat.ListingID `json:"listing_id"`
	ClientID string         `json:"client_id" minLength:"1" doc:"Names the command, so that it can be sent again: up to 64 characters of A-Z a-z 0-9 _ . : -"`
	Message  string         `json:"message" doc:"1 to 4,000 characters after both ends are trimmed; no control characters but newline and tab."`
}

type startInput struct{ Body question }

// started is a conversation and the message that was sent into it.
type started struct {
	Conversation wire.Conversation `json:"conversation"`
	Message      wire.Message      `json:"message"`
}

type startOutput struct {
	Status int
	Body   started
}

// startConversation answers POST /conversations.
func (a *API) startConversation(ctx context.Context, c call, in *startInput) (*startOutput, error) {
	who := c.identity.User.ID
	begun, err := a.Messages.Start(ctx, who, messaging.StartCommand{
		Listing: in.Body.Listing, ClientID: in.Body.ClientID, Text: in.Body.Message, Address: c.origin().Address,
	})
	if err != nil {
		return nil, err
	}
	entry, err := a.Inbox.Entry(ctx, who, begun.Conversation)
	if err != nil {
		return nil, err
	}
	out := &startOutput{http.StatusOK, started{wire.ConversationOf(entry), wire.MessageOf(begun.Message)}}
	if begun.Created {
		out.Status = http.StatusCreated
	}
	return out, nil
}

type listConversationsInput struct {
	Filter inbox.Filter `query:"filter" enum:"all,buying,selling,unread,archived" doc:"All when left out; all leaves the archived ones out."`
	Cursor string       `query:"cursor" doc:"The next of the page before."`
	Limit  int          `query:"limit" minimum:"1" doc:"20 when left out; more than 100 is 100."`
}

// conversationPage is a page of conversations.
type conversationPage struct {
	Conversations []wire.Conversation `json:"conversations" nullable:"false"`
	Next          string              `json:"next" doc:"The cursor of the next page, empty on the last one."`
}

type listConversationsOutput struct{ Body conversationPage }

// listConversations answers GET /conversations.
func (a *API) listConversations(ctx context.Context, c call, in *listConversationsInput) (*listConversationsOutput, error) {
	page, err := a.Inbox.List(ctx, c.identity.User.ID, inbox.Query{Filter: in.Filter, Cursor: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := conversationPage{Conversations: make([]wire.Conversation, len(page.Entries)), Next: page.Next}
	for i, e := range page.Entries {
		out.Conversations[i] = wire.ConversationOf(e)
	}
	return &listConversationsOutput{out}, nil
}

type getConversationInput struct {
	ID chat.ConversationID `path:"id"`
}

// conversationDetails are a conversation with its people.
type conversationDetails struct {
	Conversation wire.Conversation  `json:"conversation"`
	Participants []wire.Participant `json:"participants" nullable:"false"`
	Hidden       []chat.MessageID   `json:"hidden" nullable:"false" doc:"The messages that one has deleted for oneself, the newest first, at most 500."`
	Head         chat.Seq           `json:"head" doc:"The seq of the last event."`
	Epoch        string             `json:"epoch" doc:"Opaque; when it changes, everything known is void."`
}

type getConversationOutput struct{ Body conversationDetails }

// getConversation answers GET /conversations/{id}.
func (a *API) getConversation(ctx context.Context, c call, in *getConversationInput) (*getConversationOutput, error) {
	d, err := a.Inbox.Conversation(ctx, c.identity.User.ID, in.ID)
	if err != nil {
		return nil, err
	}
	return &getConversationOutput{conversationDetails{
		Conversation: wire.ConversationOf(d.Entry),
		Participants: wire.ParticipantsOf(d.Participants),
		Hidden:       append([]chat.MessageID{}, d.Hidden...),
		Head:         d.Entry.Conversation.Head,
		Epoch:        d.Epoch,
	}}, nil
}

// keeping changes what it names of how one keeps a conversation.
type keeping struct {
	Muted        *bool `json:"muted,omitempty" doc:"No sound and no notifications."`
	MutedForMS   int64 `json:"muted_for_ms,omitempty" minimum:"0" doc:"With muted: for how long, a year at most; without it until it is unmuted."`
	Archived     *bool `json:"archived,omitempty" doc:"Out of the list, until the next message brings it back; one that is muted stays."`
	Pinned       *bool `json:"pinned,omitempty" doc:"Above the others in every list; at most 10."`
	MarkedUnread *bool `json:"marked_unread,omitempty" doc:"Counts as unread until it is read again."`
}

type keepConversationInput struct {
	ID   chat.ConversationID `path:"id"`
	Body keeping
}

// conversationAnswer holds a conversation.
type conversationAnswer struct {
	Conversation wire.Conversation `json:"conversation"`
}

type conversationOutput struct{ Body conversationAnswer }

// keepConversation answers PATCH /conversations/{id}.
func (a *API) keepConversation(ctx context.Context, c call, in *keepConversationInput) (*conversationOutput, error) {
	change := chat.KeepingChange{
		Muted: in.Body.Muted, Archived: in.Body.Archived, Pinned: in.Body.Pinned, MarkedUnread: in.Body.MarkedUnread,
	}
	if ms := in.Body.MutedForMS; ms > 0 {
		// More than anybody may ask for is as much too long, and fits.
		change.MutedUntil = time.Now().Add(time.Duration(min(ms, 2*chat.MaxMute.Milliseconds())) * time.Millisecond)
	}
	entry, err := a.Inbox.Keep(ctx, c.identity.User.ID, in.ID, change)
	if err != nil {
		return nil, err
	}
	return &conversationOutput{conversationAnswer{wire.ConversationOf(entry)}}, nil
}

// deleteConversation answers DELETE /conversations/{id}.
func (a *API) deleteConversation(ctx context.Context, c call, in *getConversationInput) (*none, error) {
	if err := a.Inbox.Delete(ctx, c.identity.User.ID, in.ID); err != nil {
		return nil, err
	}
	return &none{}, nil
}

// position is how far somebody has come.
type position struct {
	Seq chat.Seq `json:"seq" minimum:"0" doc:"Beyond the end counts as the end."`
}

type markReadInput struct {
	ID   chat.ConversationID `path:"id"`
	Body position
}

// markRead answers PUT /conversations/{id}/read.
func (a *API) markRead(ctx context.Context, c call, in *markReadInput) (*none, error) {
	if err := a.Messages.MarkRead(ctx, c.identity.User.ID, in.ID, in.Body.Seq); err != nil {
		return nil, err
	}
	return &none{}, nil
}
