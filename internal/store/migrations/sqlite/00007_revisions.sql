-- +goose Up
-- When the text of a message was changed last, and when it was taken away for everyone; 0 for
-- never. What is deleted has no text here any more.
ALTER TABLE message ADD COLUMN edited_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN deleted_at BIGINT NOT NULL DEFAULT 0;

-- The texts that messages had before, for moderation: at is when the event at seq put another
-- in its place, or none. Like message and event it has no foreign keys.
CREATE TABLE message_version (
    message_id INTEGER NOT NULL,
    seq        BIGINT  NOT NULL,
    at         BIGINT  NOT NULL,
    body       TEXT    NOT NULL,
    PRIMARY KEY (message_id, seq)
);
CREATE INDEX message_version_at ON message_version (at);

-- The seq of the last message. An edit moves head, and nothing that looks at this.
ALTER TABLE conversation ADD COLUMN last_seq BIGINT NOT NULL DEFAULT 0;
UPDATE conversation SET last_seq = head;

-- What makes an edit or a deletion unique, as the same columns of message do for a new one;
-- empty for an event that brings a message.
ALTER TABLE event ADD COLUMN client_id TEXT NOT NULL DEFAULT '';
ALTER TABLE event ADD COLUMN digest BLOB NOT NULL DEFAULT x'';
CREATE UNIQUE INDEX event_command ON event (conversation_id, actor_id, client_id) WHERE client_id <> '';
