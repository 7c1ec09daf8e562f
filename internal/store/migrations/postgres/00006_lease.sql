-- +goose Up
-- Which node does what only one of several should do, and until when, in microseconds since
-- 1970 by the clock of the database.
CREATE TABLE lease (
    name   TEXT   PRIMARY KEY,
    holder TEXT   NOT NULL,
    until  BIGINT NOT NULL
);
