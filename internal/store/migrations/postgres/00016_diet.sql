-- +goose Up
-- The last message was noted in its conversation with each message, and nobody has read it since there
-- are messages that somebody has deleted for themselves.
ALTER TABLE conversation DROP COLUMN last_message_id;

-- Each word of a message was a descent of the index's tree of its own, which cost more than the message. A
-- list of what waits, 256 kB of it at the most, is put in at once, and read by who searches meanwhile.
ALTER INDEX message_search_words SET (fastupdate = on, gin_pending_list_limit = 256);
