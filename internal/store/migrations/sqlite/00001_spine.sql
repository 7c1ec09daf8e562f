-- +goose Up
CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE users (
    id            INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    username      TEXT    NOT NULL,
    username_key  TEXT    NOT NULL UNIQUE,
    name          TEXT    NOT NULL,
    email         TEXT    NOT NULL,
    password_hash TEXT    NOT NULL,
    demo          BOOLEAN NOT NULL,
    created_at    BIGINT  NOT NULL,
    last_seen     BIGINT  NOT NULL DEFAULT 0,
    closed_at     BIGINT  NOT NULL DEFAULT 0
);

CREATE TABLE session (
    token_hash BLOB    NOT NULL PRIMARY KEY,
    user_id    INTEGER NOT NULL REFERENCES users (id),
    created_at BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL
) WITHOUT ROWID;
CREATE INDEX session_of_user ON session (user_id);
CREATE INDEX session_expires ON session (expires_at);

CREATE TABLE ticket (
    ticket_hash BLOB   NOT NULL PRIMARY KEY,
    token_hash  BLOB   NOT NULL,
    expires_at  BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX ticket_expires ON ticket (expires_at);

CREATE TABLE listing (
    id             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    slug           TEXT    NOT NULL UNIQUE,
    seller_id      INTEGER NOT NULL REFERENCES users (id),
    title          TEXT    NOT NULL,
    title_key      TEXT    NOT NULL,
    search_key     TEXT    NOT NULL,
    description    TEXT    NOT NULL,
    price_amount   BIGINT  NOT NULL,
    price_currency TEXT    NOT NULL,
    category       TEXT    NOT NULL,
    condition      TEXT    NOT NULL,
    status         TEXT    NOT NULL,
    city           TEXT    NOT NULL,
    negotiable     BOOLEAN NOT NULL,
    created_at     BIGINT  NOT NULL
);
CREATE INDEX listing_recent ON listing (created_at, id);
CREATE INDEX listing_price ON listing (price_amount, id);
CREATE INDEX listing_title ON listing (title_key, id);
CREATE INDEX listing_seller ON listing (seller_id, created_at, id);

CREATE TABLE photo (
    listing_id INTEGER NOT NULL REFERENCES listing (id),
    position   INTEGER NOT NULL,
    blob_key   TEXT    NOT NULL,
    width      INTEGER NOT NULL,
    height     INTEGER NOT NULL,
    PRIMARY KEY (listing_id, position)
) WITHOUT ROWID;

-- No foreign key on listing_id: a conversation outlives its listing.
CREATE TABLE conversation (
    id              INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    listing_id      INTEGER NOT NULL,
    title           TEXT    NOT NULL,
    buyer_id        INTEGER NOT NULL REFERENCES users (id),
    seller_id       INTEGER NOT NULL REFERENCES users (id),
    head            BIGINT  NOT NULL DEFAULT 0,
    buyer_sent      BIGINT  NOT NULL DEFAULT 0,
    seller_sent     BIGINT  NOT NULL DEFAULT 0,
    last_message_id BIGINT  NOT NULL DEFAULT 0,
    closed_at       BIGINT  NOT NULL DEFAULT 0,
    created_at      BIGINT  NOT NULL,
    last_at         BIGINT  NOT NULL,
    UNIQUE (listing_id, buyer_id)
);
CREATE INDEX conversation_buyer ON conversation (buyer_id, last_at, id);
CREATE INDEX conversation_seller ON conversation (seller_id, last_at, id);

-- read_sent is the other side's total at read_seq, so that unread is a difference.
CREATE TABLE member (
    conversation_id INTEGER NOT NULL REFERENCES conversation (id),
    user_id         INTEGER NOT NULL REFERENCES users (id),
    read_seq        BIGINT  NOT NULL DEFAULT 0,
    read_sent       BIGINT  NOT NULL DEFAULT 0,
    delivered_seq   BIGINT  NOT NULL DEFAULT 0,
    archived        BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (conversation_id, user_id)
) WITHOUT ROWID;

-- buyer_sent and seller_sent are the conversation's totals as of this message. Rows are
-- never deleted, and written only while their conversation is locked with its members
-- read, so foreign keys would cost a look-up a message and find nothing.
CREATE TABLE message (
    id              INTEGER NOT NULL PRIMARY KEY,
    conversation_id INTEGER NOT NULL,
    seq             BIGINT  NOT NULL,
    sender_id       INTEGER NOT NULL,
    client_id       TEXT    NOT NULL,
    digest          BLOB    NOT NULL,
    body            TEXT    NOT NULL,
    buyer_sent      BIGINT  NOT NULL,
    seller_sent     BIGINT  NOT NULL,
    created_at      BIGINT  NOT NULL,
    UNIQUE (conversation_id, seq),
    UNIQUE (conversation_id, sender_id, client_id)
);

-- The log: ids only, so that erasing a message erases it once.
CREATE TABLE event (
    pos             INTEGER NOT NULL PRIMARY KEY,
    conversation_id INTEGER NOT NULL,
    seq             BIGINT  NOT NULL,
    kind            TEXT    NOT NULL,
    message_id      BIGINT  NOT NULL,
    actor_id        BIGINT  NOT NULL,
    created_at      BIGINT  NOT NULL,
    UNIQUE (conversation_id, seq)
);
