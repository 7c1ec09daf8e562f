package testkit

import (
	"context"
	"fmt"
)

// undoing are the statements that take each migration back, as far as tests of older databases
// need it.
var undoing = map[int][]string{
	7: {
		`DROP TABLE message_version`, `DROP INDEX event_command`,
		`ALTER TABLE event DROP COLUMN client_id`, `ALTER TABLE event DROP COLUMN digest`,
		`ALTER TABLE message DROP COLUMN edited_at`, `ALTER TABLE message DROP COLUMN deleted_at`,
		`ALTER TABLE conversation DROP COLUMN last_seq`,
	},
	8:  {`DROP INDEX member_muted`, `ALTER TABLE member DROP COLUMN muted_until`},
	9:  {`DROP TABLE message_hidden`, `ALTER TABLE member DROP COLUMN cleared_seq`},
	10: {`ALTER TABLE message DROP COLUMN reply_to`},
	11: {`DROP TABLE reaction`},
	12: {`DROP TABLE IF EXISTS message_search`, `DELETE FROM meta WHERE key = 'search'`},
	13: {`DROP TABLE saved_reply`, `ALTER TABLE users DROP COLUMN hides_read`, `ALTER TABLE users DROP COLUMN hides_seen`},
	14: {`DROP TABLE attachment`, `ALTER TABLE message DROP COLUMN attachments`},
	15: {
		`DROP TABLE outbox`, `DROP TABLE push_device`, `DROP TABLE push_key`, `DROP TABLE known_browser`, `DROP TABLE account_token`,
		`ALTER TABLE users DROP COLUMN email_verified_at`, `ALTER TABLE users DROP COLUMN email_bounced_at`,
		`ALTER TABLE users DROP COLUMN email_proven_at`,
		`ALTER TABLE preference DROP COLUMN email_new_message`, `ALTER TABLE preference DROP COLUMN email_product_inquiry`,
		`ALTER TABLE preference DROP COLUMN email_price_update`, `ALTER TABLE preference DROP COLUMN email_wishlist`,
		`ALTER TABLE preference DROP COLUMN push_new_message`, `ALTER TABLE preference DROP COLUMN push_product_inquiry`,
		`ALTER TABLE preference DROP COLUMN push_price_update`, `ALTER TABLE preference DROP COLUMN push_wishlist`,
		`ALTER TABLE preference DROP COLUMN previews`, `ALTER TABLE preference DROP COLUMN quiet_from`, `ALTER TABLE preference DROP COLUMN quiet_to`,
		`ALTER TABLE preference DROP COLUMN time_zone`, `ALTER TABLE preference DROP COLUMN paused_until`,
	},
	16: {`ALTER TABLE conversation ADD COLUMN last_message_id BIGINT NOT NULL DEFAULT 0`},
	17: {`DROP TABLE unsettled`, `ALTER TABLE users DROP COLUMN settled_at`},
	18: {}, // the search index is made anew as soon as something looks for it
}

// newest is the last migration.
const newest = 18

// Before takes the schema back to before a migration, from 7 on, for a test of a database that is
// older than it.
func (d *Database) Before(ctx context.Context, migration int) error {
	var all []string
	for version := newest; version >= migration; version-- {
		all = append(all, undoing[version]...)
	}
	all = append(all, fmt.Sprintf(`DELETE FROM goose_db_version WHERE version_id >= %d`, migration))
	for _, statement := range all {
		if err := d.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}
