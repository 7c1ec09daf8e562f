package store

import "swapnest/internal/chat"

// What a message that answers another one shows of it: read together with the message, so that
// it is the other one as that is now. It costs two look-ups by key for each answer.
const (
	quoteJoin    = ` LEFT JOIN message q ON q.id = m.reply_to `
	quoteColumns = `COALESCE(q.id, 0), COALESCE(q.seq, 0), COALESCE(q.sender_id, 0), COALESCE(substr(q.body, 1, 160), ''),
		CASE WHEN q.body = '' THEN q.attachments ELSE '' END, COALESCE(q.deleted_at <> 0, FALSE)`
	// The same with who wrote it, for readers that have no thread to ask.
	signedColumns = quoteColumns + `, CASE WHEN qu.closed_at <> 0 THEN '` + chat.FormerMember + `' ELSE COALESCE(qu.name, '') END`
)

// signedJoin joins what a message of the conversation $1 answers, and who wrote that, unless the
// viewer, a value, has deleted it for themselves: then the message answers nothing.
func signedJoin(viewer string) string {
	return ` LEFT JOIN message q ON q.id = m.reply_to AND ` + visible("q", viewer) + ` LEFT JOIN users qu ON qu.id = q.sender_id `
}

func quoteFields(q *chat.Quote) []any {
	return []any{&q.ID, &q.Seq, &q.SenderID, &q.Text, textlessInto{q}, &q.Deleted}
}

func signedFields(q *chat.Quote) []any { return append(quoteFields(q), &q.SenderName) }

// attributed returns a quote with the name of who wrote it, a member of the thread.
func attributed(q chat.Quote, t chat.Thread) chat.Quote {
	if q.ID != 0 {
		q.SenderName = chat.Message{Sender: t.Author(q.SenderID)}.Quote().SenderName
	}
	return q
}
