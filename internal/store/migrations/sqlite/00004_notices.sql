-- +goose Up
-- What somebody is told of. Of a conversation there is at most one unread row for each
-- person, and of a kind of news of a listing, too; preview and count are joined when shown.
-- first_seq is seq as the row was made: the row is new as long as the two are alike.
CREATE TABLE notice (
    id              INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    user_id         INTEGER NOT NULL REFERENCES users (id),
    kind            TEXT    NOT NULL,
    unread          BOOLEAN NOT NULL DEFAULT TRUE,
    conversation_id INTEGER NOT NULL DEFAULT 0,
    first_seq       BIGINT  NOT NULL DEFAULT 0,
    seq             BIGINT  NOT NULL DEFAULT 0,
    listing_id      INTEGER NOT NULL,
    title           TEXT    NOT NULL,
    change_pos      BIGINT  NOT NULL DEFAULT 0,
    price_amount    BIGINT  NOT NULL DEFAULT 0,
    price_was       BIGINT  NOT NULL DEFAULT 0,
    price_currency  TEXT    NOT NULL DEFAULT '',
    created_at      BIGINT  NOT NULL
);
CREATE UNIQUE INDEX notice_conversation ON notice (user_id, conversation_id) WHERE unread AND conversation_id > 0;
CREATE UNIQUE INDEX notice_listing ON notice (user_id, listing_id, kind) WHERE unread AND conversation_id = 0;
CREATE INDEX notice_told ON notice (user_id, listing_id, conversation_id, seq);
CREATE INDEX notice_page ON notice (user_id, created_at, id);
CREATE INDEX notice_about ON notice (listing_id, kind) WHERE unread AND conversation_id = 0;
CREATE INDEX notice_created ON notice (created_at);

-- A row for who has chosen; everybody else has the defaults of chat.DefaultPreferences.
CREATE TABLE preference (
    user_id         INTEGER NOT NULL PRIMARY KEY REFERENCES users (id),
    new_message     BOOLEAN NOT NULL,
    product_inquiry BOOLEAN NOT NULL,
    price_update    BOOLEAN NOT NULL,
    wishlist        BOOLEAN NOT NULL,
    marketing       BOOLEAN NOT NULL,
    email           BOOLEAN NOT NULL,
    push            BOOLEAN NOT NULL
);

-- What a listing was and became by a change; empty where a row tells only that it changed.
ALTER TABLE listing_change ADD COLUMN status_was TEXT NOT NULL DEFAULT '';
ALTER TABLE listing_change ADD COLUMN status TEXT NOT NULL DEFAULT '';
ALTER TABLE listing_change ADD COLUMN price_was BIGINT NOT NULL DEFAULT 0;
ALTER TABLE listing_change ADD COLUMN currency_was TEXT NOT NULL DEFAULT '';
ALTER TABLE listing_change ADD COLUMN price BIGINT NOT NULL DEFAULT 0;
ALTER TABLE listing_change ADD COLUMN currency TEXT NOT NULL DEFAULT '';

-- What was said before there were notices makes none.
INSERT INTO follower (name, xid, pos) SELECT 'notices', 0, max(pos) FROM event HAVING max(pos) IS NOT NULL;
INSERT INTO follower (name, xid, pos) SELECT 'notices of listings', 0, max(pos) FROM listing_change HAVING max(pos) IS NOT NULL;
