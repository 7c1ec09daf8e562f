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
	relay   Signals
	changes *limit.Keyed // per person
	now     func() time.Time
}

// Bell tells a person how many notices they have not read, after that has changed.
type Bell interface {
	Ring(who chat.UserID, fresh ...chat.NoticeID)
}

// Signals passes hints on.
type Signals interface{ Signal(s chat.Signal) }

// New returns the service; nil changes allow everything.
func New(db *store.DB, bell Bell, relay Signals, changes *limit.Keyed, now func() time.Time) *Service {
	return &Service{db: db, bell: bell, relay: relay, changes: changes, now: now}
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

// MarkAllRead marks all of one's notices as read, a thousand after the other.
func (s *Service) MarkAllRead(ctx context.Context, who chat.UserID) error {
	return s.changeAll(ctx, who, (*store.Tx).ReadAllNotices)
}

// Delete deletes a notice of one's own. Another's is NotFound, as one that is not there.
func (s *Service) Delete(ctx context.Context, who chat.UserID, id chat.NoticeID) error {
	deleted, err := s.change(ctx, who, func(tx *store.Tx) (bool, error) { return tx.DeleteNotice(ctx, who, id) })
	if err == nil && !deleted {
		err = chat.ErrNotFound("notification")
	}
	return err
}

// Clear deletes all of one's notices, a thousand after the other.
func (s *Service) Clear(ctx context.Context, who chat.UserID) error {
	return s.changeAll(ctx, who, (*store.Tx).DeleteNotices)
}

// changeAll does something to all notices of who, and has the bell tell if that changed any.
// Each thousand is done for good: whoever is interrupted does the rest the next time.
func (s *Service) changeAll(ctx context.Context, who chat.UserID, do func(*store.Tx, context.Context, chat.UserID, int) (int64, error)) error {
	if err := s.changes.Take(fmt.Sprint(who), "A little slower, please. You can change more in a moment."); err != nil {
		return err
	}
	changed, err := s.inThousands(ctx, func(tx *store.Tx) (int64, error) { return do(tx, ctx, who, atOnce) })
	if changed {
		s.bell.Ring(who)
	}
	return err
}

// inThousands calls do until it has found fewer than it might have changed, each time in a
// transaction of its own, and tells whether any was changed.
func (s *Service) inThousands(ctx context.Context, do func(*store.Tx) (int64, error)) (changed bool, err error) {
	for n := int64(atOnce); n == atOnce; {
		err := s.db.Update(ctx, func(tx *store.Tx) error {
			var err error
			n, err = do(tx)
			return err
		})
		if err != nil {
			return changed, err
		}
		changed = changed || n > 0
	}
	return changed, nil
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

// Preferences returns what somebody wants to be told of, and what they show others.
func (s *Service) Preferences(ctx context.Context, who chat.UserID) (chat.Preferences, error) {
	return s.db.Preferences(ctx, who)
}

// Prefer changes what somebody wants to be told of from now on, and what they show others, and
// returns all of it. It refuses with Invalid what makes no sense. Whoever may have looked hears at once that what they are shown has changed.
func (s *Service) Prefer(ctx context.Context, who chat.UserID, c chat.PreferencesChange) (chat.Preferences, error) {
	if err := s.changes.Take(fmt.Sprint(who), "A little slower, please. You can change more in a moment."); err != nil {
		return chat.Preferences{}, err
	}
	var was, p chat.Preferences
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		err := tx.LockUser(ctx, who)
		if err == nil {
			was, err = tx.Preferences(ctx, who)
		}
		if err != nil {
			return err
		}
		if p, err = was.With(c, s.now()); err != nil {
			return err
		}
		return tx.SetPreferences(ctx, who, p)
	})
	if err != nil {
		return p, err
	}
	if was.LastSeen != p.LastSeen || was.ReadReceipts != p.ReadReceipts {
		s.relay.Signal(chat.PrivacyChanged{User: who, HidesSeen: !p.LastSeen, Alone: !was.LastSeen && !p.LastSeen})
	}
	if was.LastSeen && !p.LastSeen {
		s.relay.Signal(chat.PresenceChanged{User: who}) // as of somebody of whom nothing is known
	}
	return p, nil
}

// atOnce is how many notices are changed at once: on SQLite nobody else writes meanwhile.
const atOnce = 1000

// Prune deletes what was told longer ago than notices are kept, and what former members were
// told that was too much to be deleted as they went.
func (s *Service) Prune(ctx context.Context) error {
	before := s.now().Add(-chat.NoticeLife)
	_, err := s.inThousands(ctx, func(tx *store.Tx) (int64, error) { return tx.PruneNotices(ctx, before, atOnce) })
	if err == nil {
		_, err = s.inThousands(ctx, func(tx *store.Tx) (int64, error) { return tx.PruneNoticesOfFormer(ctx, atOnce) })
	}
	return err
}
