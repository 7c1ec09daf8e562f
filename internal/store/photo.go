package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"swapnest/internal/chat"
)

func photoFields(p *chat.Photo) []any { return []any{&p.Key, &p.ThumbKey, &p.Width, &p.Height} }

func (tx *Tx) insertPhotos(ctx context.Context, id chat.ListingID, photos []chat.Photo) error {
	for i, p := range photos {
		_, err := tx.q.ExecContext(ctx, `
			INSERT INTO photo (listing_id, position, blob_key, thumb_key, width, height) VALUES ($1, $2, $3, $4, $5, $6)`,
			id, i, p.Key, p.ThumbKey, p.Width, p.Height)
		if err != nil {
			return fmt.Errorf("insert photo of listing %d: %w", id, err)
		}
	}
	return nil
}

// SetPhotos gives a listing other photos than it has: those of before that are not among
// them become loose ones that expired long ago, to be deleted. Its new ones are loose no more; one
// that was taken up elsewhere meanwhile is Invalid. The feed is told by whoever calls.
func (tx *Tx) SetPhotos(ctx context.Context, l chat.Listing, photos []chat.Photo) error {
	keep := make(map[string]bool, len(photos))
	for _, p := range photos {
		keep[p.Key] = true
	}
	if _, err := tx.q.ExecContext(ctx, `DELETE FROM photo WHERE listing_id = $1`, l.ID); err != nil {
		return fmt.Errorf("delete photos of listing %d: %w", l.ID, err)
	}
	for _, p := range l.Photos {
		if keep[p.Key] {
			continue
		}
		if err := tx.InsertLoosePhoto(ctx, l.Seller.ID, p, time.Time{}); err != nil {
			return err
		}
	}
	var fresh []chat.Photo
	for _, p := range photos {
		if !slices.Contains(l.Photos, p) {
			fresh = append(fresh, p)
		}
	}
	n, err := tx.deleteLoosePhotos(ctx, fresh)
	if err != nil {
		return err
	}
	if n != int64(len(fresh)) {
		return chat.FieldError("photos", "One of the photos is in another listing by now. Take it away and add it again.")
	}
	return tx.insertPhotos(ctx, l.ID, photos)
}

// InsertLoosePhoto stores a photo that somebody has uploaded and no listing has taken up, until it
// expires.
func (tx *Tx) InsertLoosePhoto(ctx context.Context, owner chat.UserID, p chat.Photo, expires time.Time) error {
	_, err := tx.q.ExecContext(ctx, `
		INSERT INTO upload (blob_key, thumb_key, owner_id, width, height, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		p.Key, p.ThumbKey, owner, p.Width, p.Height, micros(expires))
	if err != nil {
		return fmt.Errorf("insert a loose photo: %w", err)
	}
	return nil
}

// LoosePhotos returns those of the named photos that somebody has uploaded and that have not
// expired at now, by key.
func (r Reader) LoosePhotos(ctx context.Context, owner chat.UserID, keys []string, now time.Time) (map[string]chat.Photo, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	set, err := json.Marshal(keys)
	if err != nil {
		return nil, fmt.Errorf("read loose photos: %w", err)
	}
	rows, err := r.q.QueryContext(ctx, `
		SELECT blob_key, thumb_key, width, height FROM upload
		WHERE owner_id = $1 AND expires_at > $2 AND `+r.d.amongTexts("blob_key", "$3"), owner, micros(now), string(set))
	if err != nil {
		return nil, fmt.Errorf("read loose photos: %w", err)
	}
	found, err := collect(rows, photoFields)
	if err != nil {
		return nil, fmt.Errorf("read loose photos: %w", err)
	}
	photos := make(map[string]chat.Photo, len(found))
	for _, p := range found {
		photos[p.Key] = p
	}
	return photos, nil
}

// ExpireLoosePhotos has all but the newest loose photos of somebody expire at now.
func (tx *Tx) ExpireLoosePhotos(ctx context.Context, owner chat.UserID, newest int, now time.Time) error {
	_, err := tx.q.ExecContext(ctx, `
		UPDATE upload SET expires_at = $3 WHERE owner_id = $1 AND expires_at > $3 AND blob_key NOT IN (
			SELECT blob_key FROM upload WHERE owner_id = $1 ORDER BY expires_at DESC, blob_key LIMIT $2)`, owner, newest, micros(now))
	if err != nil {
		return fmt.Errorf("expire loose photos of user %d: %w", owner, err)
	}
	return nil
}

// ExpiredLoosePhotos returns loose photos that have expired at now.
func (r Reader) ExpiredLoosePhotos(ctx context.Context, now time.Time, limit int) ([]chat.Photo, error) {
	rows, err := r.q.QueryContext(ctx, `
		SELECT blob_key, thumb_key, width, height FROM upload WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2`, micros(now), limit)
	if err != nil {
		return nil, fmt.Errorf("read expired loose photos: %w", err)
	}
	return collect(rows, photoFields)
}

// DeleteLoosePhotos forgets loose photos.
func (tx *Tx) DeleteLoosePhotos(ctx context.Context, photos []chat.Photo) error {
	_, err := tx.deleteLoosePhotos(ctx, photos)
	return err
}

// deleteLoosePhotos forgets loose photos and returns how many there were.
func (tx *Tx) deleteLoosePhotos(ctx context.Context, photos []chat.Photo) (int64, error) {
	if len(photos) == 0 {
		return 0, nil
	}
	keys := make([]string, len(photos))
	for i, p := range photos {
		keys[i] = p.Key
	}
	set, err := json.Marshal(keys)
	if err != nil {
		return 0, fmt.Errorf("delete loose photos: %w", err)
	}
	result, err := tx.q.ExecContext(ctx, `DELETE FROM upload WHERE `+tx.d.amongTexts("blob_key", "$1"), string(set))
	if err != nil {
		return 0, fmt.Errorf("delete loose photos: %w", err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("delete loose photos: %w", err)
	}
	return n, nil
}
