-- +goose Up
-- secrets is portal.EndpointSecrets, sealed.
CREATE TABLE webhook_endpoints (
    id                  TEXT PRIMARY KEY,
    account_id          TEXT NOT NULL REFERENCES accounts (id),
    environment         TEXT NOT NULL,
    url                 TEXT NOT NULL,
    description         TEXT NOT NULL,
    events              TEXT NOT NULL,
    header_names        TEXT NOT NULL,
    secrets             BYTEA NOT NULL,
    public_key          TEXT NOT NULL,
    previous_expires_at BIGINT,
    status              TEXT NOT NULL,
    disabled_reason     TEXT NOT NULL,
    version             BIGINT NOT NULL,
    failing_since       BIGINT,
    warned              BIGINT NOT NULL,
    last_success_at     BIGINT,
    last_failure_at     BIGINT,
    paused_until        BIGINT,
    created_at          BIGINT NOT NULL,
    updated_at          BIGINT NOT NULL
);
CREATE INDEX webhook_endpoints_tenant ON webhook_endpoints (account_id, environment, id);

-- feed is the place in the pull feed: given after the commit, so that no event
-- ever appears behind one that was read. NULL = receivers do not know of it yet.
CREATE TABLE webhook_events (
    id          TEXT PRIMARY KEY,
    account_id  TEXT NOT NULL,
    environment TEXT NOT NULL,
    type        TEXT NOT NULL,
    subject     TEXT NOT NULL,
    sequence    BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    data        TEXT NOT NULL,
    feed        BIGINT
);
CREATE INDEX webhook_events_new ON webhook_events (id) WHERE feed IS NULL;
CREATE UNIQUE INDEX webhook_events_feed ON webhook_events (account_id, environment, feed) WHERE feed IS NOT NULL;
-- Messages count their events themselves; all others look here for their last one.
CREATE INDEX webhook_events_subject ON webhook_events (subject, sequence) WHERE substr(type, 1, 8) <> 'message.';

-- One row: the last place given, and the last place that retention has removed.
CREATE TABLE webhook_feed (
    id    BIGINT PRIMARY KEY,
    head  BIGINT NOT NULL,
    floor BIGINT NOT NULL
);
INSERT INTO webhook_feed (id, head, floor) VALUES (1, 0, 0);

CREATE TABLE webhook_deliveries (
    id          TEXT PRIMARY KEY,
    account_id  TEXT NOT NULL,
    environment TEXT NOT NULL,
    endpoint_id TEXT NOT NULL,
    event_id    TEXT NOT NULL,
    event_type  TEXT NOT NULL,
    subject     TEXT NOT NULL,
    trigger_by  TEXT NOT NULL,
    status      TEXT NOT NULL,
    attempts    BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    finished_at BIGINT,
    due_at      BIGINT,
    lease_until BIGINT
);
CREATE INDEX webhook_deliveries_endpoint ON webhook_deliveries (endpoint_id, id);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_deliveries_subject ON webhook_deliveries (subject, id);

CREATE TABLE webhook_attempts (
    delivery_id TEXT NOT NULL,
    number      BIGINT NOT NULL,
    trigger_by  TEXT NOT NULL,
    at          BIGINT NOT NULL,
    duration    BIGINT NOT NULL,
    outcome     TEXT NOT NULL,
    http_status BIGINT NOT NULL,
    request     TEXT,
    response    TEXT,
    PRIMARY KEY (delivery_id, number)
);

-- What became of the automatic attempts of an hour.
CREATE TABLE webhook_hours (
    endpoint_id TEXT NOT NULL,
    hour        BIGINT NOT NULL,
    succeeded   BIGINT NOT NULL,
    failed      BIGINT NOT NULL,
    PRIMARY KEY (endpoint_id, hour)
);

-- A replay is work that is done bit by bit: after_feed is how far it came.
CREATE TABLE webhook_replays (
    id          TEXT PRIMARY KEY,
    account_id  TEXT NOT NULL,
    environment TEXT NOT NULL,
    endpoint_id TEXT NOT NULL,
    from_at     BIGINT NOT NULL,
    to_at       BIGINT NOT NULL,
    types       TEXT NOT NULL,
    failed_only BOOLEAN NOT NULL,
    subject     TEXT NOT NULL,
    after_feed  BIGINT NOT NULL,
    queued      BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    finished_at BIGINT,
    due_at      BIGINT,
    lease_until BIGINT
);
CREATE INDEX webhook_replays_endpoint ON webhook_replays (endpoint_id, id);
CREATE INDEX webhook_replays_due ON webhook_replays (due_at) WHERE due_at IS NOT NULL;
