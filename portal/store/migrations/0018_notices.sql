-- +goose Up
-- The end of a token that token.expiring has told of.
ALTER TABLE tokens ADD COLUMN told_end BIGINT;
CREATE INDEX tokens_ending ON tokens (expires_at) WHERE expires_at IS NOT NULL AND revoked_at IS NULL;

-- An erasure finds here what was told of a person's messages, and a message's page its deliveries.
CREATE INDEX webhook_events_message ON webhook_events (subject) WHERE substr(type, 1, 8) = 'message.';

-- A mail to a person of an account, written together with what it tells. The
-- address is the one that the person has when it leaves.
CREATE TABLE mails (
    id          TEXT PRIMARY KEY,
    account_id  TEXT NOT NULL,
    user_id     TEXT NOT NULL,
    subject     TEXT NOT NULL,
    plain       TEXT NOT NULL,
    html        TEXT NOT NULL,
    status      TEXT NOT NULL,
    attempts    BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    finished_at BIGINT,
    due_at      BIGINT,
    lease_until BIGINT
);
CREATE INDEX mails_due ON mails (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX mails_finished ON mails (finished_at) WHERE finished_at IS NOT NULL;
