-- +goose Up
-- SQLite's search index is in volumes from here on; here one table holds all of it.
SELECT 1;
