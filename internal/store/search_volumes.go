package store

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"swapnest/internal/chat"
)

// On SQLite the index is in volumes, a table for each 131,072 ids of messages. FTS5 adds a part for each transaction, and merges parts
// into ever larger ones: in a single table a message would be written once more each time that the site has grown sixteenfold, and a word
// that is everywhere would be merged in one go however often it was said. A volume that is full is merged once more, when there
// is time, and then left alone but for what is edited or deleted there: so a message costs the same however many there are. And what
// is sought in a conversation is sought where its messages are, not among those of all years.
const volumeBits = 17

// volume is the number of a volume, from 0 for the oldest messages.
type volume int64

func volumeOf(id chat.MessageID) volume { return volume(id >> volumeBits) }

// table is the name of the volume's table.
func (v volume) table() string { return "message_search_" + strconv.FormatInt(int64(v), 10) }

// volumes returns which volumes there are between two, the newest first.
func (r Reader) volumes(ctx context.Context, first, last volume) ([]volume, error) {
	rows, err := r.q.QueryContext(ctx, `
		SELECT CAST(substr(name, length('message_search_') + 1) AS INTEGER) AS number FROM sqlite_schema
		WHERE type = 'table' AND name GLOB 'message_search_[0-9]*' AND name NOT GLOB 'message_search_*_*' AND number BETWEEN $1 AND $2
		ORDER BY number DESC`, first, last)
	if err != nil {
		return nil, err
	}
	return collect(rows, func(v *volume) []any { return []any{v} })
}

// hasVolume tells whether there is a volume, however many there are.
func (r Reader) hasVolume(ctx context.Context, v volume) (there bool, err error) {
	err = r.q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pragma_table_info($1))`, v.table()).Scan(&there)
	return there, err
}

// indexVolumes is Index on SQLite.
func (tx *Tx) indexVolumes(ctx context.Context, all []Indexed) error {
	of := map[volume][]Indexed{}
	for _, m := range all {
		v := volumeOf(m.Message)
		of[v] = append(of[v], m)
	}
	for v, some := range of {
		if err := tx.makeVolume(ctx, v); err != nil {
			return fmt.Errorf("begin a volume of the index: %w", err)
		}
		err := tx.indexAs(ctx, some,
			`DELETE FROM `+v.table()+` WHERE `+tx.d.among("rowid", "$1"),
			`INSERT INTO `+v.table()+` (rowid, words) SELECT value ->> 0, value ->> 1 FROM json_each($1)`)
		if err != nil {
			return err
		}
	}
	return nil
}

// makeVolume begins a volume, unless it is there. SQLite would merge its parts within the transactions that write, 64 pages at a
// time and more; MergeIndex does it between them.
func (tx *Tx) makeVolume(ctx context.Context, v volume) error {
	if there, err := tx.hasVolume(ctx, v); err != nil || there {
		return err
	}
	for _, statement := range []string{
		`CREATE VIRTUAL TABLE ` + v.table() + ` USING fts5 (words, content = '', contentless_delete = 1, tokenize = 'ascii', prefix = '3 4')`,
		`INSERT INTO ` + v.table() + ` (` + v.table() + `, rank) VALUES ('automerge', 0), ('usermerge', 16), ('crisismerge', 200)`,
	} {
		if _, err := tx.q.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// MergeIndex merges parts of the volume of SQLite's index that holds a message into larger ones, sixteen into one, in a transaction of
// its own that writes about so many pages of 4 KiB, and then to the end of the word at which it is: a hundred more, of one that is in
// every message of a volume. It tells whether there was something to merge. PostgreSQL merges by itself, beside those who write.
func (db *DB) MergeIndex(ctx context.Context, of chat.MessageID, pages int) (merged bool, err error) {
	if db.d == postgres {
		return false, nil
	}
	err = db.Update(ctx, func(tx *Tx) error {
		there, err := tx.hasVolume(ctx, volumeOf(of))
		if err != nil || !there {
			return err
		}
		merged, err = tx.merge(ctx, volumeOf(of), pages)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("merge the index: %w", err)
	}
	return merged, nil
}

// SettleIndex merges the first full volume of SQLite's index that holds messages from an id on into a single part: about so many pages
// of 4 KiB, in a transaction of its own. It tells whether there was something to merge, and from which id on there may be more:
// one behind the volume when that is in one part, and the same one when no such volume is full.
func (db *DB) SettleIndex(ctx context.Context, from chat.MessageID, pages int) (next chat.MessageID, merged bool, err error) {
	next = from
	if db.d == postgres {
		return next, false, nil
	}
	// Looked for before anybody has to wait.
	all, err := db.volumes(ctx, volumeOf(from), math.MaxInt64)
	if err != nil {
		return from, false, fmt.Errorf("merge the index: %w", err)
	}
	if len(all) < 2 {
		return next, false, nil
	}
	v := all[len(all)-1]
	err = db.Update(ctx, func(tx *Tx) error {
		if merged, err = tx.merge(ctx, v, -pages); !merged { // FTS5 takes this for all parts, whatever their sizes
			next = chat.MessageID(v+1) << volumeBits
		}
		return err
	})
	if err != nil {
		return from, false, fmt.Errorf("merge the index: %w", err)
	}
	return next, merged, nil
}

// merge writes pages of a volume, and tells whether there was something to merge.
func (tx *Tx) merge(ctx context.Context, v volume, pages int) (merged bool, err error) {
	var before, after int
	if err := tx.q.QueryRowContext(ctx, `SELECT total_changes()`).Scan(&before); err != nil {
		return false, err
	}
	if _, err := tx.q.ExecContext(ctx, `INSERT INTO `+v.table()+` (`+v.table()+`, rank) VALUES ('merge', $1)`+unkept, pages); err != nil {
		return false, err
	}
	if err := tx.q.QueryRowContext(ctx, `SELECT total_changes()`).Scan(&after); err != nil {
		return false, err
	}
	return after > before+1, nil // the statement itself counts as one
}

// dropVolumes empties the index.
func (tx *Tx) dropVolumes(ctx context.Context) error {
	all, err := tx.volumes(ctx, 0, math.MaxInt64)
	if err != nil {
		return err
	}
	for _, v := range all {
		if _, err := tx.q.ExecContext(ctx, `DROP TABLE `+v.table()); err != nil {
			return err
		}
	}
	return nil
}

// keptVolumes is of how many volumes, the newest, a search keeps its statements prepared: to prepare one takes about as long as to
// find that a volume holds nothing.
const keptVolumes = 128

// searchVolumes is Search on SQLite: from the newest volume on, until enough was found.
func (r Reader) searchVolumes(ctx context.Context, q SearchQuery) ([]chat.Message, error) {
	first, last := chat.MessageID(0), q.Before-1
	if q.Conversation != 0 {
		oldest, newest, err := r.between(ctx, q.Conversation)
		if err != nil {
			return nil, err
		}
		first, last = oldest, min(newest, last)
	}
	all, err := r.volumes(ctx, volumeOf(first), volumeOf(last))
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	var found []chat.Message
	for i, v := range all {
		query := searchSelectOf(sqlite, `(SELECT rowid AS message_id FROM `+v.table()+` WHERE `+v.table()+` MATCH $1 AND rowid < $2 ORDER BY rowid DESC)`)
		if i >= keptVolumes {
			query += unkept
		}
		some, err := r.messages(ctx, query, r.match(q), q.Before, q.Who, q.Limit-len(found))
		if err != nil {
			return nil, err
		}
		if found = slices.Concat(found, some); len(found) == q.Limit {
			break
		}
	}
	return found, nil
}

// between returns the ids of the first and the last message of a conversation, 0 and 0 for none: they rise with seq.
func (r Reader) between(ctx context.Context, c chat.ConversationID) (oldest, newest chat.MessageID, err error) {
	err = r.q.QueryRowContext(ctx, `SELECT
		COALESCE((SELECT id FROM message WHERE conversation_id = $1 ORDER BY seq LIMIT 1), 0),
		COALESCE((SELECT id FROM message WHERE conversation_id = $1 ORDER BY seq DESC LIMIT 1), 0)`, c).Scan(&oldest, &newest)
	if err != nil {
		return 0, 0, fmt.Errorf("find where a conversation begins and ends: %w", err)
	}
	return oldest, newest, nil
}
