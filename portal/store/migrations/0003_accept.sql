-- +goose Up
-- An index of people or of requests puts each message on a page of its own,
-- which the commit then writes: one by contact serves the contact's list and the
-- order of its queue, and the log's row names its message.
DROP INDEX messages_contact;
DROP INDEX messages_waiting;
DROP INDEX messages_request;
CREATE INDEX messages_contact ON messages (account_id, environment, contact_id, status, id);
CREATE INDEX messages_waiting ON messages (account_id, environment, channel_id) WHERE status = 'queued';
