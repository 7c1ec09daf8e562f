-- +goose Up
-- What was done to accounts, for who runs the site. user_id is 0 where nobody has the name
-- that was typed; no foreign key, so that writing a row looks nothing up.
CREATE TABLE audit (
    id      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at      BIGINT  NOT NULL,
    user_id INTEGER NOT NULL,
    action  TEXT    NOT NULL,
    address TEXT    NOT NULL,
    agent   TEXT    NOT NULL,
    detail  TEXT    NOT NULL
);
CREATE INDEX audit_at ON audit (at, id);
CREATE INDEX audit_user ON audit (user_id, at, id);
