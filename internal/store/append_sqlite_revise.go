package store

import (
	"context"
	"encoding/hex"
	"fmt"

	"swapnest/internal/chat"
)

// The statements of a batch in which a command is about a message.
const (
	sqliteAbout = `
		SELECT ` + aboutColumns + ` FROM json_each($1) j JOIN message m ON m.id = j.value` + quoteJoin
	sqliteRevised = `
		SELECT ` + revisedColumns + `
		FROM json_each($1) j
		JOIN event e ON e.conversation_id = j.value ->> 0 AND e.actor_id = j.value ->> 1 AND e.client_id = j.value ->> 2 AND e.client_id <> ''
		JOIN message m ON m.id = e.message_id` + quoteJoin
	sqliteRevise = `
		UPDATE message SET body = j.value ->> 1, edited_at = j.value ->> 2, deleted_at = j.value ->> 3
		FROM json_each($1) j WHERE message.id = j.value ->> 0`
	sqliteVersions = `
		INSERT INTO message_version (message_id, seq, at, body)
		SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each($1)`
	sqliteReact = `
		INSERT INTO reaction (message_id, user_id, emoji, seq, at)
		SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each($1) WHERE TRUE
		ON CONFLICT (message_id, user_id, emoji) DO UPDATE SET seq = excluded.seq, at = excluded.at`
	sqliteUnreact = `
		DELETE FROM reaction WHERE (message_id, user_id, emoji) IN (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each($1))`
	sqliteClear         = `DELETE FROM reaction WHERE message_id IN (SELECT value FROM json_each($1))`
	sqliteRevisedEvents = `
		INSERT INTO event (conversation_id, seq, kind, message_id, actor_id, created_at, client_id, digest)
		SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, unhex(value ->> 7)
		FROM json_each($1) ORDER BY 1, 2`
	sqliteRevisedHeads = `
		UPDATE conversation SET head = j.value ->> 1, buyer_sent = j.value ->> 2, seller_sent = j.value ->> 3,
			last_at = j.value ->> 4, last_seq = j.value ->> 5
		FROM json_each($1) j WHERE conversation.id = j.value ->> 0`
)

// loadAbout reads the messages that calls are about or answer, and those of the calls about
// messages that are known.
func (b *sqliteBatch) loadAbout(ctx context.Context, calls []*call, state *state) error {
	ids := looked(calls)
	if len(ids) == 0 {
		return nil
	}
	if err := b.read(ctx, sqliteAbout, ids, state.scanAbout); err != nil {
		return fmt.Errorf("read what commands are about: %w", err)
	}
	about := abouts(calls)
	if len(about) == 0 {
		return nil
	}
	keys := make([][3]any, len(about))
	for i, c := range about {
		keys[i] = [3]any{c.Conversation, c.Actor, c.ClientID}
	}
	if err := b.read(ctx, sqliteRevised, keys, state.scanRevised); err != nil {
		return fmt.Errorf("read known commands about messages: %w", err)
	}
	return nil
}

// insertRevised is insert for a batch in which messages are changed, too.
func (b *sqliteBatch) insertRevised(ctx context.Context, events []*call, heads []*chat.Thread) error {
	posted, revisions, versions := revise(events)
	if err := b.post(ctx, posted); err != nil {
		return err
	}
	if err := b.change(ctx, revisions, versions); err != nil {
		return err
	}
	if err := b.reactions(ctx, events); err != nil {
		return err
	}
	if err := b.detached(ctx, events); err != nil {
		return err
	}
	log := make([][8]any, len(events))
	for i, c := range events {
		e := &c.result.Event
		clientID, digest := c.command()
		log[i] = [8]any{e.Conversation, e.Seq, e.Kind, e.Message.ID, e.Actor, micros(e.At), clientID, hex.EncodeToString(digest)}
	}
	if err := b.writeSet(ctx, sqliteRevisedEvents, log); err != nil {
		return fmt.Errorf("insert events: %w", err)
	}
	last := make([][6]any, len(heads))
	for i, t := range heads {
		last[i] = [6]any{t.ID, t.Head, t.BuyerSent, t.SellerSent, micros(t.LastAt), t.LastSeq}
	}
	if err := b.writeSet(ctx, sqliteRevisedHeads, last); err != nil {
		return fmt.Errorf("update conversations: %w", err)
	}
	return nil
}

// change gives messages the texts that they have now, and keeps those that they had.
func (b *sqliteBatch) change(ctx context.Context, revisions []chat.Message, versions []version) error {
	if len(revisions) == 0 {
		return nil
	}
	rows := make([][4]any, len(revisions))
	for i, m := range revisions {
		rows[i] = [4]any{m.ID, m.Text, micros(m.EditedAt), micros(m.DeletedAt)}
	}
	if err := b.writeSet(ctx, sqliteRevise, rows); err != nil {
		return fmt.Errorf("change messages: %w", err)
	}
	texts := make([][4]any, len(versions))
	for i, v := range versions {
		texts[i] = [4]any{v.message, v.seq, v.at, v.body}
	}
	if err := b.writeSet(ctx, sqliteVersions, texts); err != nil {
		return fmt.Errorf("keep earlier texts: %w", err)
	}
	return nil
}

// reactions writes what the events make of reactions; nothing for those that make none.
func (b *sqliteBatch) reactions(ctx context.Context, events []*call) error {
	put, back, cleared := reactions(events)
	if len(put) > 0 {
		rows := make([][5]any, len(put))
		for i, r := range put {
			rows[i] = [5]any{r.message, r.User, r.Emoji, r.seq, r.at}
		}
		if err := b.writeSet(ctx, sqliteReact, rows); err != nil {
			return fmt.Errorf("put reactions: %w", err)
		}
	}
	if len(back) > 0 {
		rows := make([][3]any, len(back))
		for i, r := range back {
			rows[i] = [3]any{r.message, r.User, r.Emoji}
		}
		if err := b.writeSet(ctx, sqliteUnreact, rows); err != nil {
			return fmt.Errorf("take reactions back: %w", err)
		}
	}
	if len(cleared) > 0 {
		if err := b.writeSet(ctx, sqliteClear, cleared); err != nil {
			return fmt.Errorf("take reactions from deleted messages: %w", err)
		}
	}
	return nil
}
