-- +goose Up
-- The search index is in volumes from here on, tables that are made as they are needed: see search_volumes.go. The follower makes
-- it anew of the log.
DROP TABLE IF EXISTS message_search;
DELETE FROM follower WHERE name = 'search';
