-- +goose Up
-- How far the events of a subject had counted when retention removed them.
-- Messages count theirs themselves.
CREATE TABLE webhook_sequences (
    subject  TEXT PRIMARY KEY,
    sequence BIGINT NOT NULL
);

-- What is under way is counted for the page of health.
CREATE INDEX webhook_deliveries_leased ON webhook_deliveries (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX automation_runs_leased ON automation_runs (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX mails_leased ON mails (lease_until) WHERE lease_until IS NOT NULL;
