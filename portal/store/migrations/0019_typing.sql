-- +goose Up
-- typing: the person is to see that somebody writes an answer.
ALTER TABLE receipts ADD COLUMN typing BOOLEAN NOT NULL DEFAULT FALSE;
