-- +goose Up
-- How a member keeps a conversation. It is archived while archived_seq reaches its head,
-- so the next message brings it back without a write; a muted one stays where it is.
ALTER TABLE member ADD COLUMN muted BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE member ADD COLUMN pinned BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE member ADD COLUMN marked_unread BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE member ADD COLUMN archived_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE member DROP COLUMN archived;
CREATE INDEX member_pinned ON member (user_id) WHERE pinned;
