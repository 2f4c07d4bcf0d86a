-- +goose Up
-- A file of an account. The content lies under content_key: in the data folder
-- on SQLite, in media_chunks on PostgreSQL, where every node reads it. due_at is
-- set while something is to be done: fetch a pending one, remove a deleted one.
CREATE TABLE media (
    id             TEXT PRIMARY KEY,
    account_id     TEXT NOT NULL,
    environment    TEXT NOT NULL,
    direction      TEXT NOT NULL,
    status         TEXT NOT NULL,
    type           TEXT NOT NULL,
    size           BIGINT NOT NULL,
    sha256         BYTEA NOT NULL,
    filename       TEXT NOT NULL,
    content_key    TEXT NOT NULL UNIQUE,
    contact_id     TEXT NOT NULL,
    message_id     TEXT NOT NULL,
    channel_id     TEXT NOT NULL,
    provider_id    TEXT NOT NULL,
    error_code     TEXT NOT NULL,
    provider_error TEXT,
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    tries          BIGINT NOT NULL,
    claims         BIGINT NOT NULL,
    due_at         BIGINT,
    lease_until    BIGINT
);
CREATE INDEX media_due ON media (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX media_expiry ON media (expires_at, id) WHERE status <> 'deleted';
CREATE INDEX media_contact ON media (contact_id) WHERE contact_id <> '';
CREATE INDEX media_message ON media (message_id) WHERE message_id <> '';

-- WhatsApp's ids of files that were uploaded to it. They end after 30 days.
CREATE TABLE media_uploads (
    media_id    TEXT NOT NULL,
    channel_id  TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    uploaded_at BIGINT NOT NULL,
    PRIMARY KEY (media_id, channel_id)
);

-- To whom a file was sent, so that erasing the last of them erases it.
CREATE TABLE media_uses (
    media_id   TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    PRIMARY KEY (media_id, contact_id)
);
CREATE INDEX media_uses_contact ON media_uses (contact_id, media_id);

CREATE TABLE media_chunks (
    content_key TEXT NOT NULL,
    number      BIGINT NOT NULL,
    data        BYTEA NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (content_key, number)
);

-- What was uploaded to the WhatsApp simulator.
CREATE TABLE simulator_media (
    id              TEXT PRIMARY KEY,
    phone_number_id TEXT NOT NULL,
    type            TEXT NOT NULL,
    size            BIGINT NOT NULL,
    sha256          BYTEA NOT NULL,
    content_key     TEXT NOT NULL UNIQUE,
    created_at      BIGINT NOT NULL
);
CREATE INDEX simulator_media_age ON simulator_media (created_at);
