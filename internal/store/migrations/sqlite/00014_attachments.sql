-- +goose Up
-- What people upload to send it with a message, from its first byte on. claims are the parts that
-- were begun, so that all that can be in the blob store is known; parts are those that are whole,
-- "number:bytes" with commas. Once it is sent, message_id names the message and expires_at is 0,
-- until the message is deleted. What a message shows of it stands in message.attachments, too:
-- it never changes.
-- Like message and event it has no foreign keys.
CREATE TABLE attachment (
    id              TEXT    NOT NULL PRIMARY KEY,
    owner_id        INTEGER NOT NULL,
    state           TEXT    NOT NULL, -- see UploadState in store/attachment.go
    kind            TEXT    NOT NULL DEFAULT '',
    name            TEXT    NOT NULL,
    type            TEXT    NOT NULL DEFAULT '',
    length          BIGINT  NOT NULL,
    received        BIGINT  NOT NULL DEFAULT 0,
    claims          BIGINT  NOT NULL DEFAULT 0,
    parts           TEXT    NOT NULL DEFAULT '',
    size            BIGINT  NOT NULL DEFAULT 0,
    width           BIGINT  NOT NULL DEFAULT 0,
    height          BIGINT  NOT NULL DEFAULT 0,
    animated        BOOLEAN NOT NULL DEFAULT FALSE,
    duration_ms     BIGINT  NOT NULL DEFAULT 0,
    waveform        TEXT    NOT NULL DEFAULT '',
    fault_code      TEXT    NOT NULL DEFAULT '',
    fault           TEXT    NOT NULL DEFAULT '',
    conversation_id BIGINT  NOT NULL DEFAULT 0,
    message_id      BIGINT  NOT NULL DEFAULT 0,
    created_at      BIGINT  NOT NULL,
    expires_at      BIGINT  NOT NULL
);
CREATE INDEX attachment_owner ON attachment (owner_id, created_at);
CREATE INDEX attachment_expires ON attachment (expires_at) WHERE expires_at > 0;
CREATE INDEX attachment_message ON attachment (message_id) WHERE message_id > 0;

-- A JSON array of what the message has attached, empty for nothing.
ALTER TABLE message ADD COLUMN attachments TEXT NOT NULL DEFAULT '';
