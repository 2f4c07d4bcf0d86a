-- +goose Up
-- Clustered by tenant and id: a page of the log reads neighbouring rows.
CREATE TABLE requests (
    account_id          TEXT NOT NULL,
    environment         TEXT NOT NULL,
    id                  TEXT NOT NULL,
    at                  BIGINT NOT NULL,
    source              TEXT NOT NULL,
    method              TEXT NOT NULL,
    path                TEXT NOT NULL,
    operation           TEXT NOT NULL,
    status              BIGINT NOT NULL,
    error_code          TEXT NOT NULL,
    duration            BIGINT,
    auth                BIGINT NOT NULL,
    limits              BIGINT NOT NULL,
    validation          BIGINT NOT NULL,
    store               BIGINT NOT NULL,
    token_id            TEXT NOT NULL,
    token_name          TEXT NOT NULL,
    user_id             TEXT NOT NULL,
    ip                  TEXT NOT NULL,
    user_agent          TEXT NOT NULL,
    idempotency_key     TEXT NOT NULL,
    replayed            BOOLEAN NOT NULL,
    trace_id            TEXT NOT NULL,
    message_id          TEXT NOT NULL,
    contact_id          TEXT NOT NULL,
    handoff_id          TEXT NOT NULL,
    original_request_id TEXT NOT NULL,
    PRIMARY KEY (account_id, environment, id)
) WITHOUT ROWID;
CREATE INDEX requests_id ON requests (id);

-- Masked headers and bodies, with a retention of their own.
CREATE TABLE request_bodies (
    request_id       TEXT PRIMARY KEY,
    request_headers  TEXT NOT NULL,
    request_body     TEXT NOT NULL,
    response_headers TEXT NOT NULL,
    response_body    TEXT NOT NULL
);

-- Counts per minute and token, flushed once a second: charts read these, not the log.
CREATE TABLE request_minutes (
    account_id  TEXT NOT NULL,
    environment TEXT NOT NULL,
    minute      BIGINT NOT NULL,
    operation   TEXT NOT NULL,
    token_id    TEXT NOT NULL,
    ok          BIGINT NOT NULL,
    refused     BIGINT NOT NULL,
    failed      BIGINT NOT NULL,
    micros      BIGINT NOT NULL,
    PRIMARY KEY (account_id, environment, minute, operation, token_id)
);
CREATE INDEX request_minutes_age ON request_minutes (minute);
