-- +goose Up
-- The person that a kept answer is about, so that an erasure finds it, or ''.
ALTER TABLE idempotency_keys ADD COLUMN contact_id TEXT NOT NULL DEFAULT '';
