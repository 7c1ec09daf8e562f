-- +goose Up
-- Each transaction adds a part to the index, and sixteen of a size are merged into one of the next. SQLite would do this within
-- the transactions that write, in leaps for which everybody waits, with parts in fours and so twice as many times for each word,
-- and all at once when it does not keep up; the program does it between them instead: see store.DB.MergeIndex.
INSERT INTO message_search (message_search, rank) VALUES ('automerge', 0);
INSERT INTO message_search (message_search, rank) VALUES ('usermerge', 16);
INSERT INTO message_search (message_search, rank) VALUES ('crisismerge', 1900);
