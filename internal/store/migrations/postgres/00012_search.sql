-- +goose Up
-- The words of messages, by their ids, as package words cuts them: 'w' and a token each, before
-- them who may find the message and where it stands (u7 u9 c12). It is made of the log by a
-- follower, and can be thrown away: an empty table and no follower named search make it anew.
CREATE TABLE message_search (
    message_id BIGINT   NOT NULL PRIMARY KEY,
    words      TSVECTOR NOT NULL
);
-- Without a list of what is pending: whoever searches would read it from end to end.
CREATE INDEX message_search_words ON message_search USING gin (words) WITH (fastupdate = off);
