-- +goose Up
-- claims counts the claims of a row that had no outcome: a claim adds one and
-- whoever finishes the row writes 0. dead_at is set when a row is given up
-- because the program cannot handle it.
ALTER TABLE messages ADD COLUMN claims BIGINT NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN dead_at BIGINT;

-- Work is claimed channel by channel, so that they take turns.
DROP INDEX IF EXISTS messages_due;
CREATE INDEX messages_due ON messages (channel_id, due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX messages_suspect ON messages (due_at, id) WHERE due_at IS NOT NULL AND claims >= 2;
CREATE INDEX messages_leased ON messages (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX messages_dead ON messages (dead_at) WHERE dead_at IS NOT NULL;

-- The table again, because due_at may now be NULL: a dead callback is kept.
CREATE TABLE owed_callbacks (
    id          TEXT PRIMARY KEY,
    channel_id  TEXT NOT NULL,
    body        BYTEA NOT NULL,
    tries       BIGINT NOT NULL,
    due_at      BIGINT,
    lease_until BIGINT,
    claims      BIGINT NOT NULL,
    dead_at     BIGINT,
    reason      TEXT NOT NULL
);
INSERT INTO owed_callbacks (id, channel_id, body, tries, due_at, lease_until, claims, dead_at, reason)
SELECT id, channel_id, body, tries, due_at, lease_until, 0, NULL, ''
FROM simulator_callbacks;
DROP TABLE simulator_callbacks;
ALTER TABLE owed_callbacks RENAME TO simulator_callbacks;
CREATE INDEX simulator_callbacks_due ON simulator_callbacks (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX simulator_callbacks_suspect ON simulator_callbacks (due_at, id) WHERE due_at IS NOT NULL AND claims >= 2;
CREATE INDEX simulator_callbacks_leased ON simulator_callbacks (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX simulator_callbacks_dead ON simulator_callbacks (dead_at) WHERE dead_at IS NOT NULL;
