-- +goose Up
-- The emoji that people have put to messages: seq and at are those of the event that did it. Like
-- message and event it has no foreign keys: rows are written only while their conversation is locked.
CREATE TABLE reaction (
    message_id BIGINT NOT NULL,
    user_id    BIGINT NOT NULL,
    emoji      TEXT   NOT NULL,
    seq        BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (message_id, user_id, emoji)
);
