// Package listings lets sellers offer things and everybody find them.
package listings

import (
	"context"
	"crypto/rand"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"swapnest/internal/chat"
	"swapnest/internal/limit"
	"swapnest/internal/live/hub"
	"swapnest/internal/store"
)

// Service holds the listings.
type Service struct {
	db     *store.DB
	hub    *hub.Hub
	limits Limits
	now    func() time.Time
	key    []byte // of the hashes of visitors
}

// Limits bound how often somebody may do something.
type Limits struct {
	Add  *limit.Keyed // new listings, per person
	Edit *limit.Keyed // changes of listings, per person
	View *limit.Keyed // views, per address
	Find *limit.Keyed // lists that search for words or a place, per address
	Wish *limit.Keyed // changes of wishlists, per person
}

// New returns the service.
func New(ctx context.Context, db *store.DB, h *hub.Hub, limits Limits, now func() time.Time) (*Service, error) {
	key, err := db.Lasting(ctx, "visitors")
	return &Service{db: db, hub: h, limits: limits, now: now, key: []byte(key)}, err
}

// Create offers a thing with photos that the person has uploaded, in their order. It
// refuses with Invalid and the field at fault, or with RateLimited.
func (s *Service) Create(ctx context.Context, who chat.UserID, draft chat.ListingDraft, photos []string) (chat.Listing, error) {
	draft, err := draft.Parse()
	if err != nil {
		return chat.Listing{}, err
	}
	if err := countPhotos(photos); err != nil {
		return chat.Listing{}, err
	}
	if err := s.limits.Add.Take(strconv.FormatInt(int64(who), 10), "You have offered many things at once. Wait a while before offering another one."); err != nil {
		return chat.Listing{}, err
	}
	now := s.now().UTC().Truncate(time.Microsecond)
	l := fill(chat.Listing{Seller: chat.User{ID: who}, Status: chat.ListingActive, CreatedAt: now}, draft)
	for {
		l.Slug = slug(draft.Title)
		err = s.db.Update(ctx, func(tx *store.Tx) error {
			chosen, err := choose(ctx, tx, l, photos, now)
			if err != nil {
				return err
			}
			if l.ID, err = tx.InsertListing(ctx, l); err != nil || len(chosen) == 0 {
				return err
			}
			return tx.SetPhotos(ctx, l, chosen)
		})
		// Two slugs in 32^6 are alike: draw again.
		if e := (*chat.Error)(nil); !errors.As(err, &e) || e.Code != chat.Conflict || e.Field != "" {
			break
		}
	}
	if err != nil {
		return chat.Listing{}, err
	}
	return s.Listing(ctx, chat.User{ID: who}, l.ID)
}

func fill(l chat.Listing, d chat.ListingDraft) chat.Listing {
	l = l.Priced(d.Price)
	l.Title, l.Description, l.Category = d.Title, d.Description, d.Category
	l.Condition, l.City, l.Negotiable = chat.Condition(d.Condition), d.City, d.Negotiable
	return l
}

// EditCommand changes a listing; nil fields stay as they are.
type EditCommand struct {
	Listing             chat.ListingID
	Title, Description  *string
	Price               *chat.Money
	Category, Condition *string
	City                *string
	Negotiable          *bool
	Status              *string
	Photos              *[]string // all of them in their order: those it has, and uploads
}

// Edit changes a listing of one's own. Somebody else's is Forbidden; too many at once are
// RateLimited, for each is told to all who talk about it or have saved it.
func (s *Service) Edit(ctx context.Context, who chat.UserID, c EditCommand) (chat.Listing, error) {
	if err := s.limits.Edit.Take(strconv.FormatInt(int64(who), 10), "A little slower, please. You can change more in a moment."); err != nil {
		return chat.Listing{}, err
	}
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		l, err := own(ctx, tx, who, c.Listing)
		if err != nil {
			return err
		}
		draft := chat.ListingDraft{
			Title: or(c.Title, l.Title), Description: or(c.Description, l.Description), Price: or(c.Price, l.Price),
			Category: or(c.Category, l.Category), Condition: or(c.Condition, string(l.Condition)), City: or(c.City, l.City),
			Negotiable: or(c.Negotiable, l.Negotiable),
		}
		if draft, err = draft.Parse(); err != nil {
			return err
		}
		l = fill(l, draft)
		if l.Status, err = chat.ParseListingStatus(or(c.Status, string(l.Status))); err != nil {
			return err
		}
		if c.Photos != nil {
			if err := s.replacePhotos(ctx, tx, l, *c.Photos); err != nil {
				return err
			}
		}
		return tx.UpdateListing(ctx, l)
	})
	if err != nil {
		return chat.Listing{}, err
	}
	return s.Listing(ctx, chat.User{ID: who}, c.Listing)
}

// own returns a listing, locked, of which who is the seller.
func own(ctx context.Context, tx *store.Tx, who chat.UserID, id chat.ListingID) (chat.Listing, error) {
	l, err := tx.LockListing(ctx, id)
	if err == nil && l.Seller.ID != who {
		err = chat.Errorf(chat.Forbidden, "Only the seller can change a listing.")
	}
	return l, err
}

// Delete removes a listing of one's own for good. Conversations about it stay. Somebody
// else's is Forbidden.
func (s *Service) Delete(ctx context.Context, who chat.UserID, id chat.ListingID) error {
	return s.db.Update(ctx, func(tx *store.Tx) error {
		l, err := own(ctx, tx, who, id)
		if err != nil {
			return err
		}
		return tx.DeleteListing(ctx, l)
	})
}

func or[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

// Listing returns a listing by its id as a viewer is shown it, who is the zero User when not
// signed in, or NotFound.
func (s *Service) Listing(ctx context.Context, viewer chat.User, id chat.ListingID) (chat.Listing, error) {
	l, err := s.db.Listing(ctx, id)
	return s.present(viewer, l, err)
}

// BySlug is Listing by a slug.
func (s *Service) BySlug(ctx context.Context, viewer chat.User, slug string) (chat.Listing, error) {
	if !utf8.ValidString(slug) || strings.ContainsRune(slug, 0) {
		return chat.Listing{}, chat.ErrNotFound("listing")
	}
	l, err := s.db.ListingBySlug(ctx, slug)
	return s.present(viewer, l, err)
}

// present fills in whether the seller is here.
func (s *Service) present(viewer chat.User, l chat.Listing, err error) (chat.Listing, error) {
	l.Seller = l.Seller.ShownTo(viewer, err == nil && s.hub.Online(l.Seller.ID))
	return l, err
}

// slug makes an address of a title, with six random characters so that it is
// unique and tells nothing about how many there are.
func slug(title string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(title) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() > 60 {
			break
		}
	}
	name := strings.Trim(b.String(), "-")
	if name == "" {
		name = "listing"
	}
	return name + "-" + strings.ToLower(rand.Text()[:6])
}
