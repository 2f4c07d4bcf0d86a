-- +goose Up
-- Periodic work that one node does for all: when it is due next, and who has it.
CREATE TABLE chores (
    id          TEXT PRIMARY KEY,
    due_at      BIGINT NOT NULL,
    lease_until BIGINT
);
