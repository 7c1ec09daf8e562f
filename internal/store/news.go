package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"swapnest/internal/chat"
)

// News is what a sender looks at once more before it sends: everything as it is now.
type News struct {
	// Notice is zero where the delivery is of an account, and has only To, Kind, Conversation and
	// Listing where it takes back what was told of one that is gone.
	Notice    chat.Notice
	Person    chat.User        // whom it tells
	Wants     chat.Preferences // what they want to be told
	Muted     bool             // they have muted the conversation of the notice
	Unread    chat.Unread
	Mailed24h int64 // mails about notices that went to them within 24 hours
	Wishes24h int64 // those of them that were about what they have saved
	// Listing has what a card shows, its first photo with it: id, slug, title, price, category,
	// condition, status and place. It is zero when it is gone.
	Listing chat.Listing
}

// News returns what a delivery is about, in two queries at the most. It is NotFound when its
// notice is gone, except for one that takes back what a device shows, and when its person is.
func (r Reader) News(ctx context.Context, d Delivery) (News, error) {
	var n News
	if d.Notice != 0 {
		var err error
		n.Notice, err = r.NoticeByID(ctx, d.To, d.Notice)
		if chat.CodeOf(err) == chat.NotFound && d.Kind == DeliverClear {
			n.Notice, err = d.gone()
		}
		if err != nil {
			return News{}, err
		}
	}
	wants := newPreferenceRow()
	args := arguments(append([]any{d.To}, wants.defaults()...))
	l, photo := &n.Listing, chat.Photo{}
	query := `
		SELECT ` + userColumns + `, ` + preferenceRead + `,
			EXISTS (SELECT 1 FROM member o WHERE o.conversation_id = ` + args.add(n.Notice.Conversation) + ` AND o.user_id = u.id AND o.muted),
			` + unreadConversations("u.id") + `, ` + unreadNotices("u.id") + `,
			m.mails, m.wishes,
			COALESCE(l.id, 0), COALESCE(l.slug, ''), COALESCE(l.title, ''), COALESCE(l.price_amount, 0), COALESCE(l.price_currency, ''),
			COALESCE(l.category, ''), COALESCE(l.condition, ''), COALESCE(l.status, ''), COALESCE(l.city, ''),
			COALESCE(f.blob_key, ''), COALESCE(f.thumb_key, ''), COALESCE(f.width, 0), COALESCE(f.height, 0)
		FROM users u
		LEFT JOIN preference p ON p.user_id = u.id
		LEFT JOIN listing l ON l.id = ` + args.add(n.Notice.Listing) + `
		LEFT JOIN photo f ON f.listing_id = l.id AND f.position = 0
		CROSS JOIN (
			SELECT count(*) AS mails, count(CASE WHEN o.note <> '' THEN 1 END) AS wishes FROM outbox o
			WHERE o.channel = 'mail' AND o.state = 'sent' AND o.user_id = $1 AND o.notice_id > 0
				AND o.sent_at > ` + args.add(micros(time.Now().Add(-24*time.Hour))) + `) AS m
		WHERE u.id = $1`
	fields := append(userFields(&n.Person), wants.fields()...)
	fields = append(fields, &n.Muted, &n.Unread.Conversations, &n.Unread.Notices, &n.Mailed24h, &n.Wishes24h,
		&l.ID, &l.Slug, &l.Title, &l.Price.Amount, &l.Price.Currency, &l.Category, &l.Condition, &l.Status, &l.City)
	if err := r.q.QueryRowContext(ctx, query, args...).Scan(append(fields, photoFields(&photo)...)...); err != nil {
		return News{}, fmt.Errorf("read what delivery %d is about: %w", d.ID, missing(err, "person"))
	}
	n.Wants = wants.preferences()
	if photo.Key != "" {
		l.Photos = []chat.Photo{photo}
	}
	return n, nil
}

// gone is the notice of a delivery of push when there is none any more.
func (d Delivery) gone() (chat.Notice, error) {
	var note PushNote
	if err := json.Unmarshal([]byte(d.Note), &note); err != nil {
		return chat.Notice{}, fmt.Errorf("read the note of delivery %d: %w", d.ID, err)
	}
	return chat.Notice{ID: d.Notice, To: d.To, Kind: note.Kind, Conversation: note.Conversation, Listing: note.Listing}, nil
}
