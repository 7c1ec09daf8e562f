package store

import (
	"context"
	"fmt"
	"time"

	"swapnest/internal/chat"
)

// MaxBrowsers is how many browsers of a person are known: of more, those that were longest not seen are forgotten.
const MaxBrowsers = 20

// KnowBrowser notes that somebody has signed in by a browser, which is named by a hash. It tells
// whether that was known, and whether any was.
func (tx *Tx) KnowBrowser(ctx context.Context, who chat.UserID, browser [32]byte, at time.Time) (known, seen bool, err error) {
	var all, these int
	err = tx.q.QueryRowContext(ctx, `
		SELECT count(*), COALESCE(sum(CASE WHEN browser_hash = $2 THEN 1 ELSE 0 END), 0) FROM known_browser WHERE user_id = $1`,
		who, browser[:]).Scan(&all, &these)
	if err == nil {
		_, err = tx.q.ExecContext(ctx, `
			INSERT INTO known_browser (user_id, browser_hash, seen_at) VALUES ($1, $2, $3)
			ON CONFLICT (user_id, browser_hash) DO UPDATE SET seen_at = excluded.seen_at`, who, browser[:], micros(at))
	}
	if err == nil && these == 0 && all >= MaxBrowsers {
		_, err = tx.q.ExecContext(ctx, `
			DELETE FROM known_browser WHERE user_id = $1 AND browser_hash NOT IN
				(SELECT browser_hash FROM known_browser WHERE user_id = $1 ORDER BY seen_at DESC, browser_hash LIMIT $2)`, who, MaxBrowsers)
	}
	if err != nil {
		return false, false, fmt.Errorf("note a browser of user %d: %w", who, err)
	}
	return these > 0, all > 0, nil
}

// PruneBrowsers forgets browsers that were last seen before a time.
func (tx *Tx) PruneBrowsers(ctx context.Context, before time.Time) error {
	if _, err := tx.q.ExecContext(ctx, `DELETE FROM known_browser WHERE seen_at < $1`, micros(before)); err != nil {
		return fmt.Errorf("prune known browsers: %w", err)
	}
	return nil
}
