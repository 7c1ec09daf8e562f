-- +goose Up
-- What somebody keeps to themselves, and so is not told of others either: how far they have
-- read, and whether they are here or when they were.
ALTER TABLE users ADD COLUMN hides_read BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN hides_seen BOOLEAN NOT NULL DEFAULT FALSE;

-- What somebody says often, in the order of place, which rises.
CREATE TABLE saved_reply (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    user_id    INTEGER NOT NULL REFERENCES users (id),
    place      BIGINT  NOT NULL,
    title      TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    created_at BIGINT  NOT NULL
);
CREATE INDEX saved_reply_user ON saved_reply (user_id, place, id);
