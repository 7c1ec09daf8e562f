package listings

import (
	"context"
	"slices"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

func countPhotos(keys []string) error {
	if len(keys) > chat.MaxPhotos {
		return chat.FieldError("photos", "A listing can have at most %d photos. Take some away.", chat.MaxPhotos)
	}
	return nil
}

// choose returns the photos that are named: those that the listing has, and loose
// ones of its seller. One that is neither, or is named twice, is Invalid.
func choose(ctx context.Context, tx *store.Tx, l chat.Listing, keys []string, now time.Time) ([]chat.Photo, error) {
	if err := countPhotos(keys); err != nil {
		return nil, err
	}
	loose, err := tx.LoosePhotos(ctx, l.Seller.ID, keys, now)
	if err != nil {
		return nil, err
	}
	var chosen []chat.Photo
	for i, key := range keys {
		p, ok := loose[key]
		if at := slices.IndexFunc(l.Photos, func(p chat.Photo) bool { return p.Key == key }); at >= 0 {
			p, ok = l.Photos[at], true
		}
		if !ok || slices.Contains(keys[:i], key) {
			return nil, chat.FieldError("photos", "One of the photos is not there any more. Take it away and add it again.")
		}
		chosen = append(chosen, p)
	}
	return chosen, nil
}

// replacePhotos gives a listing the photos that are named. Those that it loses are
// deleted soon.
func (s *Service) replacePhotos(ctx context.Context, tx *store.Tx, l chat.Listing, keys []string) error {
	chosen, err := choose(ctx, tx, l, keys, s.now())
	if err != nil {
		return err
	}
	return tx.SetPhotos(ctx, l, chosen)
}
