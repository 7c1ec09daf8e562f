// Package notices shows people what they have been told, and takes what they do with it:
// read, deleted, and what they want to be told of at all. It makes no notices; a follower
// of the log does.
package notices

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/limit"
	"swapnest/internal/store"
)

// Service holds the notices.
type Service struct {
	db      *store.DB
	bell    Bell
	changes *limit.Keyed // per person
	now     func() time.Time
}

// Bell tells a person how many notices they have not read, after that has changed.
type Bell interface {
	Ring(who chat.UserID, fresh ...chat.NoticeID)
}

// New returns the service; nil changes allow everything.
func New(db *store.DB, bell Bell, changes *limit.Keyed, now func() time.Time) *Service {
	return &Service{db: db, bell: bell, changes: changes, now: now}
}

// Query asks for a page of somebody's notices.
type Query struct {
	Kinds  []chat.NoticeKind // nil is all
	Unread bool              // only those that are unread
	Cursor string            // Page.Next of the page before
	Limit  int               // 0 is 20; at most 100
}

// Page is a page of notices, the newest first. Next is "" on the last one.
type Page struct {
	Notices []chat.Notice
	Next    string
}

// List returns a page of the notices of who. A cursor that is none is Invalid.
func (s *Service) List(ctx context.Context, who chat.UserID, q Query) (Page, error) {
	limit := q.Limit
	if limit <= 0 {
		limit = chat.NoticePage
	}
	limit = min(limit, chat.MaxNoticePage)
	query := store.NoticeQuery{Who: who, Kinds: q.Kinds, Unread: q.Unread, Limit: limit + 1}
	if q.Cursor != "" {
		var err error
		if query.BeforeAt, query.BeforeID, err = parseCursor(q.Cursor); err != nil {
			return Page{}, err
		}
	}
	all, err := s.db.Notices(ctx, query)
	if err != nil {
		return Page{}, err
	}
	page := Page{Notices: all}
	if len(all) > limit {
		page.Notices = all[:limit]
		last := all[limit-1]
		page.Next = base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d", last.At.UnixMicro(), last.ID))
	}
	return page, nil
}

func parseCursor(cursor string) (time.Time, chat.NoticeID, error) {
	var at, id int64
	data, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		_, err = fmt.Sscanf(string(data), "%d.%d", &at, &id)
	}
	if err != nil || at <= 0 || id <= 0 {
		return time.Time{}, 0, chat.FieldError("cursor", "This is no cursor. Leave it out to begin at the newest.")
	}
	return time.UnixMicro(at).UTC(), chat.NoticeID(id), nil
}

// Notice returns a notice of one's own, or NotFound.
func (s *Service) Notice(ctx context.Context, who chat.UserID, id chat.NoticeID) (chat.Notice, error) {
	return s.db.NoticeByID(ctx, who, id)
}

// MarkRead marks some of one's notices as read, at most MaxNoticePage at once. Those that
// are not there, or another's, are left alone. Too many are Invalid.
func (s *Service) MarkRead(ctx context.Context, who chat.UserID, ids []chat.NoticeID) error {
	if len(ids) > chat.MaxNoticePage {
		return chat.FieldError("ids", "Mark at most %d at once.", chat.MaxNoticePage)
	}
	if len(ids) == 0 {
		return nil
	}
	_, err := s.change(ctx, who, func(tx *store.Tx) (bool, error) { return tx.ReadNotices(ctx, who, ids) })
	return err
}

// MarkAllRead marks all of one's notices as read.
func (s *Service) MarkAllRead(ctx context.Context, who chat.UserID) error {
	_, err := s.change(ctx, who, func(tx *store.Tx) (bool, error) { return tx.ReadAllNotices(ctx, who) })
	return err
}

// Delete deletes a notice of one's own. Another's is NotFound, as one that is not there.
func (s *Service) Delete(ctx context.Context, who chat.UserID, id chat.NoticeID) error {
	deleted, err := s.change(ctx, who, func(tx *store.Tx) (bool, error) { return tx.DeleteNotice(ctx, who, id) })
	if err == nil && !deleted {
		err = chat.ErrNotFound("notification")
	}
	return err
}

// Clear deletes all of one's notices.
func (s *Service) Clear(ctx context.Context, who chat.UserID) error {
	_, err := s.change(ctx, who, func(tx *store.Tx) (bool, error) { return tx.DeleteNotices(ctx, who) })
	return err
}

// change does something to the notices of who, and has the bell tell if that changed any.
func (s *Service) change(ctx context.Context, who chat.UserID, do func(*store.Tx) (bool, error)) (bool, error) {
	if err := s.changes.Take(fmt.Sprint(who), "A little slower, please. You can change more in a moment."); err != nil {
		return false, err
	}
	var changed bool
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		var err error
		changed, err = do(tx)
		return err
	})
	if err == nil && changed {
		s.bell.Ring(who)
	}
	return changed, err
}

// Preferences returns what somebody wants to be told of.
func (s *Service) Preferences(ctx context.Context, who chat.UserID) (chat.Preferences, error) {
	return s.db.Preferences(ctx, who)
}

// Prefer changes what somebody wants to be told of from now on, and returns all of it.
func (s *Service) Prefer(ctx context.Context, who chat.UserID, c chat.PreferencesChange) (chat.Preferences, error) {
	if err := s.changes.Take(fmt.Sprint(who), "A little slower, please. You can change more in a moment."); err != nil {
		return chat.Preferences{}, err
	}
	var p chat.Preferences
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		if err := tx.LockUser(ctx, who); err != nil {
			return err
		}
		was, err := tx.Preferences(ctx, who)
		if err != nil {
			return err
		}
		p = was.With(c)
		return tx.SetPreferences(ctx, who, p)
	})
	return p, err
}

// pruned is how many notices are deleted at once: on SQLite nobody else writes meanwhile.
const pruned = 1000

// Prune deletes what was told longer ago than notices are kept.
func (s *Service) Prune(ctx context.Context) error {
	before := s.now().Add(-chat.NoticeLife)
	for n := int64(pruned); n == pruned; {
		err := s.db.Update(ctx, func(tx *store.Tx) error {
			var err error
			n, err = tx.PruneNotices(ctx, before, pruned)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
