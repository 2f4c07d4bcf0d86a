-- +goose Up
-- What WhatsApp says of a number, and what was done with it.
ALTER TABLE channels ADD COLUMN verified_name TEXT NOT NULL DEFAULT '';
ALTER TABLE channels ADD COLUMN name_status TEXT NOT NULL DEFAULT '';
ALTER TABLE channels ADD COLUMN people_limit BIGINT; -- null: not known; 0: none
ALTER TABLE channels ADD COLUMN throughput BIGINT;   -- null: not known
ALTER TABLE channels ADD COLUMN token_changed_at BIGINT;
ALTER TABLE channels ADD COLUMN secret_changed_at BIGINT;
ALTER TABLE channels ADD COLUMN token_expires_at BIGINT;
ALTER TABLE channels ADD COLUMN verified_at BIGINT;  -- WhatsApp's handshake
ALTER TABLE channels ADD COLUMN callback_at BIGINT;  -- its last call, to the minute
ALTER TABLE channels ADD COLUMN checked_at BIGINT;   -- when WhatsApp was last asked
ALTER TABLE channels ADD COLUMN removed_at BIGINT;
UPDATE channels SET people_limit = 0, throughput = 80 WHERE provider = 'simulator';
CREATE INDEX channels_number ON channels (account_id, environment, waba);

-- What happened to a number, for its page. detail is JSON without secrets.
CREATE TABLE channel_events (
    id          TEXT PRIMARY KEY,
    channel_id  TEXT NOT NULL REFERENCES channels (id),
    account_id  TEXT NOT NULL,
    environment TEXT NOT NULL,
    kind        TEXT NOT NULL,
    detail      TEXT NOT NULL,
    at          BIGINT NOT NULL
);
CREATE INDEX channel_events_channel ON channel_events (account_id, environment, channel_id, id);
CREATE INDEX channel_events_at ON channel_events (at);
