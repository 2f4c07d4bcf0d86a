-- +goose Up
-- Commercial events. customer and data are JSON, as accepted.
CREATE TABLE events (
    id          TEXT PRIMARY KEY,
    account_id  TEXT NOT NULL,
    environment TEXT NOT NULL,
    type        TEXT NOT NULL,
    external_id TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    contact_id  TEXT NOT NULL,
    customer    TEXT NOT NULL,
    data        TEXT NOT NULL,
    fingerprint BYTEA NOT NULL,
    source      TEXT NOT NULL,
    request_id  TEXT NOT NULL,
    token_id    TEXT NOT NULL,
    user_id     TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    reason      TEXT NOT NULL,
    repeats     BIGINT NOT NULL
);
CREATE UNIQUE INDEX events_key ON events (account_id, environment, type, external_id);
CREATE INDEX events_tenant ON events (account_id, environment, id);
CREATE INDEX events_type ON events (account_id, environment, type, id);
CREATE INDEX events_contact ON events (contact_id, id) WHERE contact_id <> '';

-- rule is the published one, draft what publishing would make of it.
CREATE TABLE automations (
    id           TEXT PRIMARY KEY,
    account_id   TEXT NOT NULL REFERENCES accounts (id),
    environment  TEXT NOT NULL,
    name         TEXT NOT NULL,
    enabled      BOOLEAN NOT NULL,
    version      BIGINT NOT NULL,
    trigger_type TEXT NOT NULL,
    rule         TEXT NOT NULL,
    draft        TEXT,
    preset       TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    published_at BIGINT,
    deleted_at   BIGINT
);
CREATE INDEX automations_tenant ON automations (account_id, environment, id) WHERE deleted_at IS NULL;

CREATE TABLE automation_versions (
    automation_id TEXT NOT NULL,
    version       BIGINT NOT NULL,
    rule          TEXT NOT NULL,
    user_id       TEXT NOT NULL,
    published_at  BIGINT NOT NULL,
    PRIMARY KEY (automation_id, version)
);

-- One row for each automation that an event triggered, also where it did nothing.
CREATE TABLE automation_runs (
    id            TEXT PRIMARY KEY,
    account_id    TEXT NOT NULL,
    environment   TEXT NOT NULL,
    event_id      TEXT NOT NULL,
    automation_id TEXT NOT NULL,
    name          TEXT NOT NULL,
    version       BIGINT NOT NULL,
    contact_id    TEXT NOT NULL,
    order_id      TEXT NOT NULL,
    cart_id       TEXT NOT NULL,
    outcome       TEXT NOT NULL,
    reason        TEXT NOT NULL,
    detail        TEXT NOT NULL,
    trace         TEXT NOT NULL,
    canceled_by   TEXT NOT NULL,
    message_id    TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    finished_at   BIGINT,
    due_at        BIGINT,
    lease_until   BIGINT,
    claims        BIGINT NOT NULL
);
CREATE INDEX automation_runs_event ON automation_runs (event_id, id);
CREATE INDEX automation_runs_tenant ON automation_runs (account_id, environment, id);
CREATE INDEX automation_runs_automation ON automation_runs (automation_id, id, outcome);
CREATE INDEX automation_runs_contact ON automation_runs (contact_id, id);
CREATE INDEX automation_runs_waiting ON automation_runs (contact_id) WHERE due_at IS NOT NULL;
CREATE INDEX automation_runs_due ON automation_runs (due_at, id) WHERE due_at IS NOT NULL;

-- The commercial event that an automation answered with the message, or ''.
ALTER TABLE messages ADD COLUMN event_id TEXT NOT NULL DEFAULT '';

-- The commercial event that a call reported.
ALTER TABLE requests ADD COLUMN event_id TEXT NOT NULL DEFAULT '';

-- When automations write to nobody: "20:00-08:00", or '' for never.
ALTER TABLE accounts ADD COLUMN quiet_hours TEXT NOT NULL DEFAULT '20:00-08:00';
