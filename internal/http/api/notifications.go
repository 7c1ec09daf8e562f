package api

import (
	"context"

	"swapnest/internal/chat"
	"swapnest/internal/feature/notices"
	"swapnest/internal/live/wire"
)

type listNoticesInput struct {
	Type   []string `query:"type" maxItems:"4" uniqueItems:"true" enum:"product_inquiry,new_message,price_drop,sold" doc:"Only of this type, or of these, with commas between."`
	Unread bool     `query:"unread" doc:"Only those that are unread."`
	Cursor string   `query:"cursor" doc:"The next of the page before."`
	Limit  int      `query:"limit" minimum:"1" doc:"20 when left out; more than 100 is 100."`
}

// noticesPage is a page of notices.
type noticesPage struct {
	Notifications []wire.Notice `json:"notifications" nullable:"false"`
	Next          string        `json:"next" doc:"The cursor of the next page; empty on the last one."`
}

type listNoticesOutput struct{ Body noticesPage }

// listNotices answers GET /notifications.
func (a *API) listNotices(ctx context.Context, c call, in *listNoticesInput) (*listNoticesOutput, error) {
	q := notices.Query{Unread: in.Unread, Cursor: in.Cursor, Limit: in.Limit}
	for _, kind := range in.Type {
		q.Kinds = append(q.Kinds, chat.NoticeKind(kind))
	}
	page, err := a.Notices.List(ctx, c.identity.User.ID, q)
	if err != nil {
		return nil, err
	}
	out := noticesPage{Notifications: make([]wire.Notice, len(page.Notices)), Next: page.Next}
	for i, n := range page.Notices {
		out.Notifications[i] = wire.NoticeOf(n)
	}
	return &listNoticesOutput{out}, nil
}

// noticesRead names what has been read.
type noticesRead struct {
	IDs []chat.NoticeID `json:"ids,omitempty" nullable:"false" doc:"At most 100. Those that are not there are left out."`
	All bool            `json:"all,omitempty" doc:"All there are; then ids are left out."`
}

type readNoticesInput struct{ Body noticesRead }

// readNotices answers POST /notifications/read.
func (a *API) readNotices(ctx context.Context, c call, in *readNoticesInput) (*none, error) {
	who, ids, all := c.identity.User.ID, in.Body.IDs, in.Body.All
	switch {
	case all && len(ids) > 0, !all && len(ids) == 0:
		return nil, chat.FieldError("ids", "Name the ids that have been read, or say all: true.")
	case all:
		return &none{}, a.Notices.MarkAllRead(ctx, who)
	default:
		return &none{}, a.Notices.MarkRead(ctx, who, ids)
	}
}

type noticeInput struct {
	ID chat.NoticeID `path:"id"`
}

// deleteNotice answers DELETE /notifications/{id}.
func (a *API) deleteNotice(ctx context.Context, c call, in *noticeInput) (*none, error) {
	return &none{}, a.Notices.Delete(ctx, c.identity.User.ID, in.ID)
}

// clearNotices answers DELETE /notifications.
func (a *API) clearNotices(ctx context.Context, c call, _ *none) (*none, error) {
	return &none{}, a.Notices.Clear(ctx, c.identity.User.ID)
}
