-- +goose Up
-- Until when a conversation is muted, in microseconds since 1970; 0 is until it is unmuted.
ALTER TABLE member ADD COLUMN muted_until BIGINT NOT NULL DEFAULT 0;
CREATE INDEX member_muted ON member (muted_until) WHERE muted_until > 0;
