-- +goose Up
-- What somebody has deleted for themselves: the message stays where it is, for the other person
-- and for the log. Like message and event it has no foreign keys.
CREATE TABLE message_hidden (
    user_id         BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    message_id      BIGINT NOT NULL,
    PRIMARY KEY (user_id, message_id)
);
CREATE INDEX message_hidden_of_conversation ON message_hidden (user_id, conversation_id, message_id);

-- Up to where a member has deleted a conversation for themselves: they see no message there.
ALTER TABLE member ADD COLUMN cleared_seq BIGINT NOT NULL DEFAULT 0;
