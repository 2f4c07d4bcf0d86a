-- +goose Up
CREATE INDEX channels_stopped ON channels (status, updated_at) WHERE status <> 'connected';
