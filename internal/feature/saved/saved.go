// Package saved keeps the texts that people write often, each person their own.
package saved

import (
	"context"
	"fmt"
	"slices"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/limit"
	"swapnest/internal/store"
)

// Service holds the saved replies.
type Service struct {
	db      *store.DB
	changes *limit.Keyed // per person
	now     func() time.Time
}

// New returns the service; nil changes allow everything.
func New(db *store.DB, changes *limit.Keyed, now func() time.Time) *Service {
	return &Service{db: db, changes: changes, now: now}
}

// List returns what who has saved, in their order: chat.MaxSavedReplies at most.
func (s *Service) List(ctx context.Context, who chat.UserID) ([]chat.SavedReply, error) {
	return s.db.SavedReplies(ctx, who)
}

// Reply returns a reply of who, or NotFound.
func (s *Service) Reply(ctx context.Context, who chat.UserID, id chat.SavedReplyID) (chat.SavedReply, error) {
	all, err := s.db.SavedReplies(ctx, who)
	if err != nil {
		return chat.SavedReply{}, err
	}
	i := at(all, id)
	if i < 0 {
		return chat.SavedReply{}, chat.ErrNotFound("saved reply")
	}
	return all[i], nil
}

func at(all []chat.SavedReply, id chat.SavedReplyID) int {
	return slices.IndexFunc(all, func(r chat.SavedReply) bool { return r.ID == id })
}

// Add saves a reply behind the others. It refuses with Invalid, Empty, TooLong or BadText and
// the field at fault, with Invalid where there are chat.MaxSavedReplies already, and with
// RateLimited.
func (s *Service) Add(ctx context.Context, who chat.UserID, title, text string) (chat.SavedReply, error) {
	reply, err := chat.ParseSavedReply(title, text)
	if err != nil {
		return reply, err
	}
	err = s.change(ctx, who, func(tx *store.Tx, all []chat.SavedReply) error {
		if len(all) >= chat.MaxSavedReplies {
			return chat.Errorf(chat.Invalid, "You have %d saved replies, and more do not fit. Delete one first.", chat.MaxSavedReplies)
		}
		var err error
		reply.ID, err = tx.InsertSavedReply(ctx, who, reply, s.now())
		return err
	})
	return reply, err
}

// EditCommand changes a saved reply; nil fields stay as they are.
type EditCommand struct {
	ID          chat.SavedReplyID
	Title, Text *string
	Place       *int // in the list: 1 is the first, and beyond the end the last
}

// Edit changes a reply of who. It refuses as Add does, and with NotFound.
func (s *Service) Edit(ctx context.Context, who chat.UserID, c EditCommand) (chat.SavedReply, error) {
	var reply chat.SavedReply
	err := s.change(ctx, who, func(tx *store.Tx, all []chat.SavedReply) error {
		i := at(all, c.ID)
		if i < 0 {
			return chat.ErrNotFound("saved reply")
		}
		title, text := all[i].Title, all[i].Text
		if c.Title != nil {
			title = *c.Title
		}
		if c.Text != nil {
			text = *c.Text
		}
		var err error
		if reply, err = chat.ParseSavedReply(title, text); err != nil {
			return err
		}
		reply.ID = c.ID
		all[i] = reply
		if c.Place != nil {
			chat.MoveReply(all, c.ID, *c.Place)
		}
		return put(ctx, tx, who, all)
	})
	return reply, err
}

// Raise moves a reply of who one place up. It refuses with NotFound and RateLimited.
func (s *Service) Raise(ctx context.Context, who chat.UserID, id chat.SavedReplyID) error {
	return s.change(ctx, who, func(tx *store.Tx, all []chat.SavedReply) error {
		if !chat.MoveReply(all, id, at(all, id)) {
			return chat.ErrNotFound("saved reply")
		}
		return put(ctx, tx, who, all)
	})
}

// put stores what who has saved in this order.
func put(ctx context.Context, tx *store.Tx, who chat.UserID, all []chat.SavedReply) error {
	for i, one := range all {
		if err := tx.SetSavedReply(ctx, who, one, i+1); err != nil {
			return err
		}
	}
	return nil
}

// Delete deletes a reply of who. It refuses with NotFound and RateLimited.
func (s *Service) Delete(ctx context.Context, who chat.UserID, id chat.SavedReplyID) error {
	return s.change(ctx, who, func(tx *store.Tx, _ []chat.SavedReply) error { return tx.DeleteSavedReply(ctx, who, id) })
}

// change changes what who has saved: two changes at once follow each other.
func (s *Service) change(ctx context.Context, who chat.UserID, do func(tx *store.Tx, all []chat.SavedReply) error) error {
	if err := s.changes.Take(fmt.Sprint(who), "A little slower, please. You can change more in a moment."); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		err := tx.LockUser(ctx, who)
		if err != nil {
			return err
		}
		all, err := tx.SavedReplies(ctx, who)
		if err != nil {
			return err
		}
		return do(tx, all)
	})
}
