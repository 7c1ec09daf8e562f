-- +goose Up
-- SQLite's index is merged by the program from here on; there is nothing like it here.
SELECT 1;
