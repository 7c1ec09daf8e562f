package listings

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"strconv"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// Visitor is whoever looks at a listing.
type Visitor struct {
	User    chat.UserID // 0 for somebody signed out
	Address string      // where they come from, and with which browser; for those signed out
	Agent   string
}

// View counts that somebody has seen a listing: each visitor once a day (of UTC), sellers
// at their own not at all. What is stored of a visitor is a keyed hash, for two days. It
// refuses with NotFound or RateLimited.
func (s *Service) View(ctx context.Context, slug string, v Visitor) error {
	if err := s.limits.View.Take(v.Address, "You look at many things at once. Take your time."); err != nil {
		return err
	}
	l, err := s.BySlug(ctx, chat.User{}, slug)
	if err != nil || l.Seller.ID == v.User {
		return err
	}
	day := s.now().UTC().Unix() / int64(24*time.Hour/time.Second)
	return s.db.Update(ctx, func(tx *store.Tx) error {
		if err := tx.ForgetViews(ctx, day-1); err != nil {
			return err
		}
		return tx.CountView(ctx, l.ID, day, s.visitor(v, day))
	})
}

// visitor returns a name for a visitor that holds for a day.
func (s *Service) visitor(v Visitor, day int64) []byte {
	name := "user " + strconv.FormatInt(int64(v.User), 10)
	if v.User == 0 {
		name = "address " + v.Address + "\n" + v.Agent
	}
	mac := hmac.New(sha256.New, s.key)
	// Writing to a hash never fails.
	_, _ = mac.Write([]byte(strconv.FormatInt(day, 10) + " " + name))
	return mac.Sum(nil)[:16]
}
