-- +goose Up
-- How somebody who is away is reached: by push and by mail, each of which waits in the outbox.

-- What leaves the site, of each kind by each way; it counts where the kind and the way are on.
-- Quiet hours are minutes of the day in time_zone, none where both are alike.
ALTER TABLE preference ADD COLUMN email_new_message BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE preference ADD COLUMN email_product_inquiry BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE preference ADD COLUMN email_price_update BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE preference ADD COLUMN email_wishlist BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE preference ADD COLUMN push_new_message BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE preference ADD COLUMN push_product_inquiry BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE preference ADD COLUMN push_price_update BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE preference ADD COLUMN push_wishlist BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE preference ADD COLUMN previews BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE preference ADD COLUMN quiet_from BIGINT NOT NULL DEFAULT 0;
ALTER TABLE preference ADD COLUMN quiet_to BIGINT NOT NULL DEFAULT 0;
ALTER TABLE preference ADD COLUMN time_zone TEXT NOT NULL DEFAULT '';
ALTER TABLE preference ADD COLUMN paused_until BIGINT NOT NULL DEFAULT 0;

-- Both tell of the address as it is: a new one starts at 0.
ALTER TABLE users ADD COLUMN email_verified_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN email_bounced_at BIGINT NOT NULL DEFAULT 0;
-- When they have last shown that an address is theirs, whichever it was; 0 is never.
ALTER TABLE users ADD COLUMN email_proven_at BIGINT NOT NULL DEFAULT 0;

-- Links that are mailed, by the hash of their secret. email_key is the address that it was mailed to.
CREATE TABLE account_token (
    token_hash BLOB    NOT NULL PRIMARY KEY,
    user_id    INTEGER NOT NULL REFERENCES users (id),
    purpose    TEXT    NOT NULL, -- verify, reset; verified is a verify that was used
    email_key  TEXT    NOT NULL,
    created_at BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL
) WITHOUT ROWID;
CREATE INDEX account_token_user ON account_token (user_id, purpose);
CREATE INDEX account_token_expires ON account_token (expires_at);

-- Browsers in which somebody has signed in, by the hash of a cookie.
CREATE TABLE known_browser (
    user_id      INTEGER NOT NULL REFERENCES users (id),
    browser_hash BLOB    NOT NULL,
    seen_at      BIGINT  NOT NULL,
    PRIMARY KEY (user_id, browser_hash)
) WITHOUT ROWID;
CREATE INDEX known_browser_seen ON known_browser (seen_at);

-- Keys of this site at push services (RFC 8292), in base64url without padding. One that is
-- retired signs for the devices that were subscribed with it.
CREATE TABLE push_key (
    id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    public_key  TEXT    NOT NULL UNIQUE,
    private_key TEXT    NOT NULL,
    created_at  BIGINT  NOT NULL,
    retired_at  BIGINT  NOT NULL DEFAULT 0
);

-- Browsers that take push messages (RFC 8030). Each is of a session and ends with it.
CREATE TABLE push_device (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    user_id    INTEGER NOT NULL REFERENCES users (id),
    token_hash BLOB    NOT NULL REFERENCES session (token_hash) ON DELETE CASCADE,
    endpoint   TEXT    NOT NULL UNIQUE,
    p256dh     TEXT    NOT NULL,
    auth       TEXT    NOT NULL,
    key_id     INTEGER NOT NULL REFERENCES push_key (id),
    agent      TEXT    NOT NULL,
    created_at BIGINT  NOT NULL,
    used_at    BIGINT  NOT NULL DEFAULT 0
);
CREATE INDEX push_device_user ON push_device (user_id);
CREATE INDEX push_device_session ON push_device (token_hash);

-- What is to be sent, and what was: see store/outbox.go. A row of push is one notice at one
-- device, whatever becomes of the two; rows of mail are one for each mail. wanted counts how
-- often there was something to tell: who has sent it compares it, so that nothing that came
-- meanwhile is taken for sent. note is JSON of what the kind needs.
CREATE TABLE outbox (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    channel    TEXT    NOT NULL, -- push, mail
    kind       TEXT    NOT NULL, -- notice, clear, or of mail also what it tells of an account
    state      TEXT    NOT NULL, -- waiting, sent, dead
    user_id    BIGINT  NOT NULL,
    notice_id  BIGINT  NOT NULL DEFAULT 0,
    device_id  BIGINT  NOT NULL DEFAULT 0,
    note       TEXT    NOT NULL DEFAULT '',
    wanted     BIGINT  NOT NULL DEFAULT 1,
    attempts   BIGINT  NOT NULL DEFAULT 0,
    claim      TEXT    NOT NULL DEFAULT '',
    fault      TEXT    NOT NULL DEFAULT '',
    created_at BIGINT  NOT NULL,
    due_at     BIGINT  NOT NULL,
    sent_at    BIGINT  NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX outbox_push ON outbox (notice_id, device_id) WHERE channel = 'push';
CREATE UNIQUE INDEX outbox_mail ON outbox (notice_id) WHERE channel = 'mail' AND notice_id > 0 AND state = 'waiting';
CREATE INDEX outbox_due ON outbox (due_at) WHERE state = 'waiting';
CREATE INDEX outbox_of ON outbox (user_id) WHERE channel = 'push' AND state = 'waiting';
CREATE INDEX outbox_mailed ON outbox (user_id, sent_at) WHERE channel = 'mail' AND state = 'sent';
CREATE INDEX outbox_over ON outbox (created_at) WHERE state <> 'waiting';
CREATE INDEX outbox_dead ON outbox (channel, id) WHERE state = 'dead';
CREATE INDEX outbox_noted ON outbox (user_id) WHERE channel = 'mail' AND note <> '';
