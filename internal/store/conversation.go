package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"swapnest/internal/chat"
)

const conversationColumns = `c.id, c.listing_id, c.title, c.buyer_id, c.seller_id, c.head, c.last_seq, c.buyer_sent, c.seller_sent,
	c.closed_at, c.created_at, c.last_at`

func conversationFields(c *chat.Conversation) []any {
	return []any{
		&c.ID, &c.Listing, &c.Title, &c.BuyerID, &c.SellerID, &c.Head, &c.LastSeq, &c.BuyerSent, &c.SellerSent,
		microsInto{&c.ClosedAt},
		microsInto{&c.CreatedAt},
		microsInto{&c.LastAt},
	}
}

// Conversation returns a conversation of which who is a member and in which
// somebody has written; anything else is NotFound.
func (r Reader) Conversation(ctx context.Context, id chat.ConversationID, who chat.UserID) (chat.Conversation, error) {
	var c chat.Conversation
	err := r.q.QueryRowContext(ctx, `
		SELECT `+conversationColumns+` FROM conversation c
		WHERE c.id = $1 AND c.head > 0 AND (c.buyer_id = $2 OR c.seller_id = $2)`, id, who,
	).Scan(conversationFields(&c)...)
	if err != nil {
		return chat.Conversation{}, fmt.Errorf("read conversation %d: %w", id, missing(err, "conversation"))
	}
	return c, nil
}

// ConversationAbout returns the conversation of a buyer about a listing, even one
// in which nobody has written yet, or NotFound.
func (r Reader) ConversationAbout(ctx context.Context, listing chat.ListingID, buyer chat.UserID) (chat.Conversation, error) {
	var c chat.Conversation
	err := r.q.QueryRowContext(ctx, `
		SELECT `+conversationColumns+` FROM conversation c WHERE c.listing_id = $1 AND c.buyer_id = $2`, listing, buyer,
	).Scan(conversationFields(&c)...)
	if err != nil {
		return chat.Conversation{}, fmt.Errorf("read conversation about listing %d: %w", listing, missing(err, "conversation"))
	}
	return c, nil
}

// InsertConversation stores a conversation with its two members and returns it
// with its id. If there is one about the same listing with the same buyer, that
// one is returned.
func (tx *Tx) InsertConversation(ctx context.Context, c chat.Conversation) (chat.Conversation, error) {
	err := tx.q.QueryRowContext(ctx, `
		INSERT INTO conversation (listing_id, title, buyer_id, seller_id, created_at, last_at) VALUES ($1, $2, $3, $4, $5, $5)
		ON CONFLICT (listing_id, buyer_id) DO UPDATE SET listing_id = conversation.listing_id
		RETURNING id`, c.Listing, c.Title, c.BuyerID, c.SellerID, micros(c.CreatedAt)).Scan(&c.ID)
	if err != nil {
		return chat.Conversation{}, fmt.Errorf("insert conversation: %w", err)
	}
	_, err = tx.q.ExecContext(ctx, `
		INSERT INTO member (conversation_id, user_id) VALUES ($1, $2), ($1, $3) ON CONFLICT DO NOTHING`,
		c.ID, c.BuyerID, c.SellerID)
	if err != nil {
		return chat.Conversation{}, fmt.Errorf("insert members: %w", err)
	}
	return tx.ConversationAbout(ctx, c.Listing, c.BuyerID)
}

// CloseConversation lets nobody write in a conversation from now on. What was said stays.
func (tx *Tx) CloseConversation(ctx context.Context, id chat.ConversationID, at time.Time) error {
	if _, err := tx.q.ExecContext(ctx, `UPDATE conversation SET closed_at = $2 WHERE id = $1`, id, micros(at)); err != nil {
		return fmt.Errorf("close conversation %d: %w", id, err)
	}
	return nil
}

// EntryQuery asks for a page of somebody's list, newest activity first.
type EntryQuery struct {
	Who    chat.UserID
	Role   chat.Role // "" for both
	Unread bool      // only those with something unread
	// Archived asks for the archived ones instead of the others.
	Archived bool
	// Pinned asks for the pinned ones too, on top: for the first page. Otherwise they are
	// left out.
	Pinned bool
	// BeforeAt and BeforeID are the last entry of the page before; zero for the first.
	BeforeAt time.Time
	BeforeID chat.ConversationID
	Limit    int // of those that are not pinned
}

var sellerColumns = strings.ReplaceAll(userColumns, "u.", "v.")

var entryColumns = `
	SELECT ` + conversationColumns + `,
		COALESCE(l.id, 0), COALESCE(l.slug, ''), COALESCE(l.title, c.title), COALESCE(l.price_amount, 0), COALESCE(l.price_currency, ''),
		COALESCE(l.category, ''), COALESCE(l.condition, ''), COALESCE(l.status, 'inactive'), COALESCE(l.city, ''),
		COALESCE(l.negotiable, FALSE), COALESCE(l.created_at, 0),
		COALESCE(p.blob_key, ''), COALESCE(p.thumb_key, ''), COALESCE(p.width, 0), COALESCE(p.height, 0), ` + userColumns + `, ` + sellerColumns + `,
		me.read_seq, me.muted, me.muted_until, ` + archived("me") + `, me.pinned, me.marked_unread, me.cleared_seq,
		ot.read_seq, ot.delivered_seq, ` + unreadOf("me", "CASE WHEN c.buyer_id = me.user_id THEN c.seller_sent ELSE c.buyer_sent END") + `,
		COALESCE(m.id, 0), COALESCE(m.seq, 0), COALESCE(m.client_id, ''), COALESCE(m.sender_id, 0), COALESCE(s.username, ''),
		COALESCE(s.name, ''), COALESCE(m.body, ''), COALESCE(m.attachments, ''), COALESCE(m.created_at, 0),
		COALESCE(m.edited_at, 0), COALESCE(m.deleted_at, 0), w.hides_read, w.hides_seen`

var entryJoins = `
	JOIN member me ON me.conversation_id = c.id AND me.user_id = $1
	JOIN member ot ON ot.conversation_id = c.id AND ot.user_id = CASE WHEN c.buyer_id = $1 THEN c.seller_id ELSE c.buyer_id END
	JOIN users w ON w.id = me.user_id
	JOIN users u ON u.id = ot.user_id
	JOIN users v ON v.id = c.seller_id
	LEFT JOIN listing l ON l.id = c.listing_id
	LEFT JOIN photo p ON p.listing_id = l.id AND p.position = 0
	LEFT JOIN message m ON m.id = `

// entriesOf selects the conversations of a page, ids without repetition that it reads before anything else, as $1
// has them in their list. That they are few the planner of PostgreSQL cannot see: left to itself it joins all
// conversations of the site first.
func entriesOf(d dialect, page string) string {
	return `WITH page AS MATERIALIZED (` + page + `)` + entryColumns + ` FROM page` + d.oneOf("conversation", "c", "page.id") + entryJoins + d.lookedUp(lastVisible("me")) + ` LEFT JOIN users s ON s.id = m.sender_id `
}

type entryRow struct {
	chat.Entry
	photo chat.Photo
	last  chat.Message
}

func entryFields(e *entryRow) []any {
	fields := conversationFields(&e.Conversation)
	l := &e.Listing
	fields = append(fields, &l.ID, &l.Slug, &l.Title, &l.Price.Amount, &l.Price.Currency, &l.Category, &l.Condition, &l.Status,
		&l.City, &l.Negotiable, microsInto{&l.CreatedAt})
	fields = append(fields, photoFields(&e.photo)...)
	fields = append(fields, userFields(&e.Other)...)
	fields = append(fields, userFields(&l.Seller)...)
	m := &e.last
	return append(fields, &e.ReadSeq, &e.Muted, microsInto{&e.MutedUntil}, &e.Archived, &e.Pinned, &e.MarkedUnread, &e.ClearedSeq, &e.OtherRead, &e.OtherGot, &e.Unread,
		&m.ID, &m.Seq, &m.ClientID, &m.Sender.ID, &m.Sender.Username, &m.Sender.Name, &m.Text, attachmentsInto{&m.Attachments}, microsInto{&m.SentAt}, microsInto{&m.EditedAt}, microsInto{&m.DeletedAt},
		&e.Viewer.HidesRead, &e.Viewer.HidesSeen)
}

func (e entryRow) entry(who chat.UserID) chat.Entry {
	e.Role, _ = e.Conversation.Role(who)
	e.Cleared = chat.Keeping{ClearedSeq: e.ClearedSeq}.Cleared(e.Conversation.LastSeq)
	if e.photo.Key != "" {
		e.Listing.Photos = []chat.Photo{e.photo}
	}
	e.Listing.Seller = shown(e.Listing.Seller)
	closed := !e.Other.ClosedAt.IsZero()
	e.Other = shown(e.Other)
	e.Viewer.ID = who
	both := chat.ReadsShown(e.Viewer, e.Other)
	if !both {
		e.OtherRead = 0
	}
	if e.last.ID != 0 {
		last := e.last
		last.Conversation = e.Conversation.ID
		last.Read = both && (last.Sender.ID == who && e.OtherRead >= last.Seq || last.Sender.ID != who && e.ReadSeq >= last.Seq)
		if closed && last.Sender.ID == e.Other.ID {
			last.Sender.Name, last.Sender.Username = e.Other.Name, e.Other.Username
		}
		e.Last = &last
	}
	return e.Entry
}

// archived is chat.Keeping.Archived over columns: of the member m and the conversation c.
func archived(m string) string {
	return `(` + m + `.archived_seq > 0 AND (` + m + `.archived_seq >= c.last_seq OR ` + m + `.muted))`
}

// Entries returns a page of somebody's conversations in one query, whatever its size. Those that
// they have deleted for themselves are in none.
func (r Reader) Entries(ctx context.Context, q EntryQuery) ([]chat.Entry, error) {
	found, err := r.entryRows(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("read entries of user %d: %w", q.Who, err)
	}
	entries := make([]chat.Entry, 0, len(found))
	others := 0
	for _, e := range found {
		if !e.Pinned {
			others++
		}
		if others <= q.Limit {
			entries = append(entries, e.entry(q.Who))
		}
	}
	return entries, nil
}

func (r Reader) entryRows(ctx context.Context, q EntryQuery) ([]entryRow, error) {
	page, most := `SELECT id FROM (`+pageOf(r.d, q)+`) AS others`, q.Limit
	if q.Pinned {
		page, most = pinnedPage(r.d, q.Role)+` UNION ALL `+page, q.Limit+chat.MaxPinned
	}
	beforeAt := micros(q.BeforeAt)
	if beforeAt == 0 {
		beforeAt = 1 << 62
	}
	rows, err := r.q.QueryContext(ctx, entriesOf(r.d, page)+`
		ORDER BY me.pinned DESC, c.last_at DESC, c.id DESC LIMIT $7`,
		q.Who, q.Archived, beforeAt, q.BeforeID, flag(q.Unread), q.Limit, most)
	if err != nil {
		return nil, err
	}
	return collect(rows, entryFields)
}

// pageOf selects the ids of a page. Each half walks its own index; together they hold at
// most twice the page. Of what has settled only what may be unread is looked at for a page of unread ones, as long as that
// is little: nearly all has been read, and the halves would walk through all of it. Where much is unread they soon have a page.
func pageOf(d dialect, q EntryQuery) string {
	half := func(part, from, where, sent string) string {
		return `SELECT * FROM (
			SELECT c.id, c.last_at FROM ` + from + `
			JOIN member h ON h.conversation_id = c.id AND h.user_id = $1 AND NOT h.pinned
			WHERE ` + where + ` AND c.head > 0 AND c.last_seq > h.cleared_seq AND (c.last_at, c.id) < ($3, $4)
				AND ` + archived("h") + ` = $2 AND ($5 = 0 OR ` + unread("h", sent) + `)
			ORDER BY c.last_at DESC, c.id DESC LIMIT $6) AS ` + part
	}
	recent, settled := "", ""
	if q.Unread {
		recent = ` AND c.last_at >= CASE WHEN ` + fewUnsettled("$1") + ` THEN ` + settledAt("$1") + ` ELSE 0 END`
		settled = ` UNION ALL ` + half("settled", `unsettled o`+d.oneOf("conversation", "c", "o.conversation_id"),
			`o.user_id = CASE WHEN `+fewUnsettled("$1")+` THEN $1 ELSE 0 END AND c.last_at < `+settledAt("$1")+ofRole[q.Role], otherSent)
	}
	buying := half("buying", "conversation c", "c.buyer_id = $1"+recent, "c.seller_sent")
	selling := half("selling", "conversation c", "c.seller_id = $1"+recent, "c.buyer_sent")
	switch q.Role {
	case chat.Buyer:
		return buying + settled
	case chat.Seller:
		return selling + settled
	}
	return buying + ` UNION ALL ` + selling + settled
}

// ofRole keeps conversations c in which $1 has a role, and otherSent is how much the other side has sent there.
var ofRole = map[chat.Role]string{chat.Buyer: ` AND c.buyer_id = $1`, chat.Seller: ` AND c.seller_id = $1`}

const otherSent = `CASE WHEN c.buyer_id = $1 THEN c.seller_sent ELSE c.buyer_sent END`

// pinnedPage selects the ids of what is pinned. These are few, so it begins with them.
func pinnedPage(d dialect, role chat.Role) string {
	return `SELECT c.id FROM member h` + d.oneOf("conversation", "c", "h.conversation_id") + `
		WHERE h.user_id = $1 AND h.pinned AND c.head > 0 AND c.last_seq > h.cleared_seq AND (c.last_at, c.id) < ($3, $4)
			AND ` + archived("h") + ` = $2 AND ($5 = 0 OR ` + unread("h", otherSent) + `)` + ofRole[role]
}

// MutedEntries returns what somebody has muted, archived or not, newest activity first, at most
// limit. What they have deleted for themselves is not in it.
func (r Reader) MutedEntries(ctx context.Context, who chat.UserID, limit int) ([]chat.Entry, error) {
	// Each half walks the index of its side, up to as many as are asked for.
	half := func(column string) string {
		return `SELECT id FROM (
			SELECT c.id FROM conversation c JOIN member h ON h.conversation_id = c.id AND h.user_id = $1
			WHERE c.` + column + ` = $1 AND h.muted AND c.head > 0 AND c.last_seq > h.cleared_seq
			ORDER BY c.last_at DESC, c.id DESC LIMIT $2) AS half_` + column
	}
	rows, err := r.q.QueryContext(ctx, entriesOf(r.d, half("buyer_id")+` UNION ALL `+half("seller_id"))+`
		ORDER BY c.last_at DESC, c.id DESC LIMIT $2`, who, limit)
	if err != nil {
		return nil, fmt.Errorf("read what user %d has muted: %w", who, err)
	}
	found, err := collect(rows, entryFields)
	if err != nil {
		return nil, fmt.Errorf("read what user %d has muted: %w", who, err)
	}
	entries := make([]chat.Entry, len(found))
	for i, e := range found {
		entries[i] = e.entry(who)
	}
	return entries, nil
}

// Entry returns one conversation as it stands in a member's list, also one that they have
// deleted for themselves, or NotFound.
func (r Reader) Entry(ctx context.Context, id chat.ConversationID, who chat.UserID) (chat.Entry, error) {
	var e entryRow
	err := r.q.QueryRowContext(ctx, entriesOf(r.d, `SELECT c.id FROM conversation c WHERE c.id = $2 AND c.head > 0`), who, id).Scan(entryFields(&e)...)
	if err != nil {
		return chat.Entry{}, fmt.Errorf("read entry %d of user %d: %w", id, who, missing(err, "conversation"))
	}
	return e.entry(who), nil
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
