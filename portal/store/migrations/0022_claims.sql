-- +goose Up
-- claims counts the claims of a row that had no outcome: a claim adds one and
-- whoever finishes the row writes 0. A failed replay was given up because the
-- program could not go on with it.
ALTER TABLE webhook_deliveries ADD COLUMN claims BIGINT NOT NULL DEFAULT 0;
ALTER TABLE webhook_replays ADD COLUMN claims BIGINT NOT NULL DEFAULT 0;
ALTER TABLE webhook_replays ADD COLUMN failed BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE mails ADD COLUMN claims BIGINT NOT NULL DEFAULT 0;
CREATE INDEX webhook_deliveries_suspect ON webhook_deliveries (due_at, id) WHERE due_at IS NOT NULL AND claims >= 2;
CREATE INDEX mails_suspect ON mails (due_at, id) WHERE due_at IS NOT NULL AND claims >= 2;
