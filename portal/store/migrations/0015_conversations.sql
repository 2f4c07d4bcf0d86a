-- +goose Up
CREATE TABLE handoff_notes (
    handoff_id  TEXT NOT NULL,
    number      BIGINT NOT NULL,
    account_id  TEXT NOT NULL REFERENCES accounts (id),
    environment TEXT NOT NULL,
    author_id   TEXT NOT NULL,
    author_name TEXT NOT NULL,
    body        TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (handoff_id, number)
);

-- What WhatsApp is still to be told about messages that people sent us.
CREATE TABLE receipts (
    id          TEXT PRIMARY KEY,
    account_id  TEXT NOT NULL REFERENCES accounts (id),
    environment TEXT NOT NULL,
    claims      BIGINT NOT NULL,
    due_at      BIGINT,
    lease_until BIGINT
);
CREATE INDEX receipts_due ON receipts (due_at) WHERE due_at IS NOT NULL;

CREATE INDEX handoffs_queue ON handoffs (account_id, environment, id) WHERE status <> 'resolved';
