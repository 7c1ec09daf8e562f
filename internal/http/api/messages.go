package api

import (
	"context"
	"net/http"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/live/wire"
)

type listMessagesInput struct {
	ID     chat.ConversationID `path:"id"`
	Before optional[chat.Seq]  `query:"before" minimum:"0" doc:"Messages with a lower seq, the newest of them."`
	After  optional[chat.Seq]  `query:"after" minimum:"0" doc:"Messages with a higher seq, the oldest of them."`
	Around optional[chat.Seq]  `query:"around" minimum:"0" doc:"The message with this seq, between older and newer ones."`
	Limit  int                 `query:"limit" minimum:"1" doc:"50 when left out; more than 200 is 200."`
}

// query refuses more than one place.
func (in *listMessagesInput) query() (messaging.MessagesQuery, error) {
	q := messaging.MessagesQuery{
		Conversation: in.ID, Before: in.Before.pointer(), After: in.After.pointer(), Around: in.Around.pointer(), Limit: in.Limit,
	}
	if q.Before != nil && (q.After != nil || q.Around != nil) || q.After != nil && q.Around != nil {
		return q, chat.Errorf(chat.Invalid, "Ask for messages before, after or around one place, not for several at once.")
	}
	return q, nil
}

// messagePage is a page of messages.
type messagePage struct {
	Messages []wire.Message `json:"messages" nullable:"false" doc:"In rising seq."`
	Head     chat.Seq       `json:"head" doc:"The seq of the last event."`
	Epoch    string         `json:"epoch" doc:"Opaque; when it changes, everything known is void."`
	HasMore  bool           `json:"has_more" doc:"There are more in the direction asked for: newer with after, else older."`
}

type listMessagesOutput struct{ Body messagePage }

// listMessages answers GET /conversations/{id}/messages.
func (a *API) listMessages(ctx context.Context, c call, in *listMessagesInput) (*listMessagesOutput, error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	page, err := a.Messages.Messages(ctx, c.identity.User.ID, q)
	if err != nil {
		return nil, err
	}
	out := messagePage{Messages: make([]wire.Message, len(page.Messages)), Head: page.Head, Epoch: page.Epoch, HasMore: page.HasOlder}
	if q.After != nil {
		out.HasMore = page.HasNewer
	}
	for i, m := range page.Messages {
		out.Messages[i] = wire.MessageOf(m)
	}
	return &listMessagesOutput{out}, nil
}

// post is a message to send.
type post struct {
	ClientID string         `json:"client_id" minLength:"1" doc:"Names the command, so that it can be sent again: up to 64 characters of A-Z a-z 0-9 _ . : -"`
	Message  string         `json:"message,omitempty" doc:"1 to 4,000 characters after both ends are trimmed; no control characters but newline and tab. With attachments it may be empty or left out."`
	ReplyTo  chat.MessageID `json:"reply_to,omitempty" minimum:"1" doc:"The message_id of the message of this conversation that it answers; left out for none. One that is not there, or was deleted, is refused."`
	// Attachments are checked where they are looked up: an id that is none is answered like one that is not there.
	Attachments []chat.AttachmentID `json:"attachments,omitempty" nullable:"false" maxItems:"30" doc:"The ids of one's own uploads that are ready and in no message yet, each once, in the order in which they are to be shown. A site allows 10 unless it says otherwise in limits."`
}

type sendInput struct {
	ID   chat.ConversationID `path:"id"`
	Body post
}

// sent is a message as it was committed.
type sent struct {
	Message wire.Message `json:"message"`
}

type sendOutput struct {
	Status int
	Body   sent
}

// sendMessage answers POST /conversations/{id}/messages.
func (a *API) sendMessage(ctx context.Context, c call, in *sendInput) (*sendOutput, error) {
	done, err := a.Messages.Send(ctx, c.identity.User.ID, messaging.SendCommand{
		Conversation: in.ID, ClientID: in.Body.ClientID, Text: in.Body.Message, ReplyTo: in.Body.ReplyTo,
		Attachments: in.Body.Attachments, Address: c.origin().Address,
	})
	if err != nil {
		return nil, err
	}
	out := &sendOutput{http.StatusCreated, sent{wire.MessageOf(done.Message)}}
	if done.Duplicate {
		out.Status = http.StatusOK
	}
	return out, nil
}

type editMessageInput struct {
	ID        chat.ConversationID `path:"id"`
	MessageID chat.MessageID      `path:"message_id"`
	Body      edited
}

// edited is another text for a message.
type edited struct {
	ClientID string `json:"client_id,omitempty" minLength:"1" doc:"Names the change, so that it can be sent again, also behind another one; made up when left out."`
	Message  string `json:"message" doc:"As of a new one."`
}

type deleteMessageInput struct {
	ID        chat.ConversationID `path:"id"`
	MessageID chat.MessageID      `path:"message_id"`
}

type revisedOutput struct{ Body sent }

// editMessage answers PATCH /conversations/{id}/messages/{message_id}.
func (a *API) editMessage(ctx context.Context, c call, in *editMessageInput) (*revisedOutput, error) {
	return revised(a.Messages.Edit(ctx, c.identity.User.ID, messaging.ReviseCommand{
		Conversation: in.ID, Message: in.MessageID, ClientID: in.Body.ClientID, Text: in.Body.Message, Address: c.origin().Address,
	}))
}

// deleteMessage answers DELETE /conversations/{id}/messages/{message_id}.
func (a *API) deleteMessage(ctx context.Context, c call, in *deleteMessageInput) (*revisedOutput, error) {
	return revised(a.Messages.Delete(ctx, c.identity.User.ID, messaging.ReviseCommand{
		Conversation: in.ID, Message: in.MessageID, Address: c.origin().Address,
	}))
}

type reactionInput struct {
	ID        chat.ConversationID `path:"id"`
	MessageID chat.MessageID      `path:"message_id"`
	Emoji     string              `path:"emoji" doc:"One single emoji, percent-encoded; with or without U+FE0F it is the same one."`
}

// putReaction answers PUT /conversations/{id}/messages/{message_id}/reactions/{emoji}.
func (a *API) putReaction(ctx context.Context, c call, in *reactionInput) (*revisedOutput, error) {
	return a.react(ctx, c, in, true)
}

// deleteReaction answers DELETE /conversations/{id}/messages/{message_id}/reactions/{emoji}.
func (a *API) deleteReaction(ctx context.Context, c call, in *reactionInput) (*revisedOutput, error) {
	return a.react(ctx, c, in, false)
}

func (a *API) react(ctx context.Context, c call, in *reactionInput, on bool) (*revisedOutput, error) {
	return revised(a.Messages.React(ctx, c.identity.User.ID, messaging.ReactCommand{
		Conversation: in.ID, Message: in.MessageID, Emoji: in.Emoji, On: on, Address: c.origin().Address,
	}))
}

// messageInput names a message.
type messageInput struct {
	ID        chat.ConversationID `path:"id"`
	MessageID chat.MessageID      `path:"message_id"`
}

// hideMessage answers PUT /conversations/{id}/messages/{message_id}/hidden.
func (a *API) hideMessage(ctx context.Context, c call, in *messageInput) (*none, error) {
	if _, err := a.Inbox.Hide(ctx, c.identity.User.ID, in.ID, in.MessageID, true); err != nil {
		return nil, err
	}
	return &none{}, nil
}

// unhideMessage answers DELETE /conversations/{id}/messages/{message_id}/hidden.
func (a *API) unhideMessage(ctx context.Context, c call, in *messageInput) (*revisedOutput, error) {
	m, err := a.Inbox.Hide(ctx, c.identity.User.ID, in.ID, in.MessageID, false)
	if err != nil {
		return nil, err
	}
	return &revisedOutput{sent{wire.MessageOf(m)}}, nil
}

func revised(done messaging.Revised, err error) (*revisedOutput, error) {
	if err != nil {
		return nil, err
	}
	return &revisedOutput{sent{wire.MessageOf(done.Event.Message)}}, nil
}
