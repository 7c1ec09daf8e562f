-- +goose Up
-- The message of the same conversation that a message answers, 0 for none. What is shown of it is
-- read when it is shown, so that an edit or a deletion is seen there too.
ALTER TABLE message ADD COLUMN reply_to BIGINT NOT NULL DEFAULT 0;
