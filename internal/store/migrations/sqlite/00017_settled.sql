-- +goose Up
-- Of the conversations of somebody's in which nothing was said since settled_at, only those in unsettled may hold
-- something unread: see store/settled.go.
ALTER TABLE users ADD COLUMN settled_at BIGINT NOT NULL DEFAULT 0;
CREATE TABLE unsettled (
    user_id         INTEGER NOT NULL REFERENCES users (id),
    conversation_id INTEGER NOT NULL REFERENCES conversation (id),
    PRIMARY KEY (user_id, conversation_id)
) WITHOUT ROWID;
