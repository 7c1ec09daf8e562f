-- +goose Up
-- email_key is how addresses are compared: of two open accounts that had the same one
-- before it was unique, the older keeps it.
ALTER TABLE users ADD COLUMN email_key TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN city TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN about TEXT NOT NULL DEFAULT '';
UPDATE users SET email_key = lower(email)
    WHERE email <> '' AND closed_at = 0 AND id = (
        SELECT min(o.id) FROM users o WHERE o.closed_at = 0 AND lower(o.email) = lower(users.email));
CREATE UNIQUE INDEX users_email_key ON users (email_key) WHERE email_key <> '';

ALTER TABLE session ADD COLUMN agent TEXT NOT NULL DEFAULT '';

-- price_was is what a thing cost before it became cheaper, 0 if it never did.
ALTER TABLE listing ADD COLUMN views BIGINT NOT NULL DEFAULT 0;
ALTER TABLE listing ADD COLUMN price_was BIGINT NOT NULL DEFAULT 0;
ALTER TABLE listing ADD COLUMN city_key TEXT NOT NULL DEFAULT '';
CREATE INDEX listing_category ON listing (category, created_at, id);

ALTER TABLE photo ADD COLUMN thumb_key TEXT NOT NULL DEFAULT '';
UPDATE photo SET thumb_key = blob_key;

-- Photos that no listing has taken up yet, and those that one has let go. What is left
-- here when it expires is deleted, bytes first.
CREATE TABLE upload (
    blob_key   TEXT    NOT NULL PRIMARY KEY,
    thumb_key  TEXT    NOT NULL,
    owner_id   INTEGER NOT NULL REFERENCES users (id),
    width      INTEGER NOT NULL,
    height     INTEGER NOT NULL,
    expires_at BIGINT  NOT NULL
) WITHOUT ROWID;
CREATE INDEX upload_owner ON upload (owner_id, expires_at);
CREATE INDEX upload_expires ON upload (expires_at);

CREATE TABLE wish (
    user_id    INTEGER NOT NULL REFERENCES users (id),
    listing_id INTEGER NOT NULL REFERENCES listing (id),
    created_at BIGINT  NOT NULL,
    PRIMARY KEY (user_id, listing_id)
) WITHOUT ROWID;
CREATE INDEX wish_listing ON wish (listing_id);

-- Who has seen a listing on a day; visitor is a keyed hash and tells nobody who it was.
CREATE TABLE listing_view (
    listing_id INTEGER NOT NULL REFERENCES listing (id),
    day        INTEGER NOT NULL,
    visitor    BLOB    NOT NULL,
    PRIMARY KEY (listing_id, day, visitor)
) WITHOUT ROWID;
CREATE INDEX listing_view_day ON listing_view (day);

-- The listings' own feed: that one has changed, or is gone. A follower tells those who
-- talk about it, so that no conversation is locked.
CREATE TABLE listing_change (
    pos        INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    listing_id INTEGER NOT NULL,
    created_at BIGINT  NOT NULL
);
CREATE INDEX listing_change_created ON listing_change (created_at);

-- How far each follower has come.
CREATE TABLE follower (
    name TEXT   NOT NULL PRIMARY KEY,
    xid  BIGINT NOT NULL,
    pos  BIGINT NOT NULL
) WITHOUT ROWID;
