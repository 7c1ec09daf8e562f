-- +goose Up
-- The words of messages, by their ids, as package words cuts them: 'w' and a token each, before
-- them who may find the message and where it stands (u7 u9 c12). It is made of the log by a
-- follower, and can be thrown away: an empty table and no follower named search make it anew.
CREATE VIRTUAL TABLE message_search USING fts5 (
    words, content = '', contentless_delete = 1, tokenize = 'ascii', prefix = '3 4'
);
