-- +goose Up
-- The last message was noted in its conversation with each message, and nobody has read it since there
-- are messages that somebody has deleted for themselves.
ALTER TABLE conversation DROP COLUMN last_message_id;
