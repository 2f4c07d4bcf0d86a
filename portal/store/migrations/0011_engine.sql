-- +goose Up
-- The lane of a message behind its channel: 0 authentication and free-form, 1
-- utility, 2 marketing, and 3 for what WhatsApp has and only news are waited for.
ALTER TABLE messages ADD COLUMN lane BIGINT NOT NULL DEFAULT 0;
UPDATE messages
SET lane = CASE WHEN status NOT IN ('scheduled', 'queued') THEN 3 WHEN type <> 'template' THEN 0
    WHEN category = 'marketing' THEN 2 WHEN category = 'authentication' THEN 0 ELSE 1 END
WHERE due_at IS NOT NULL;

-- What is to be sent is claimed lane by lane and channel by channel; what waits
-- for news, which is most, has an index of its own and makes no claim slower.
DROP INDEX messages_due;
CREATE INDEX messages_due ON messages (channel_id, lane, due_at, id) WHERE due_at IS NOT NULL AND lane < 3;
CREATE INDEX messages_watched ON messages (due_at, id) WHERE due_at IS NOT NULL AND lane = 3;

-- WhatsApp's limits of number, person and business hold in the test environment
-- of an account without limits only when this is on.
ALTER TABLE accounts ADD COLUMN test_limits BOOLEAN NOT NULL DEFAULT FALSE;

-- How fast a channel may go on, as a whole (id of the channel), with marketing
-- (…/marketing) or towards one person (…/id of the contact). ready_at is when all
-- that was sent is paid for at the allowed rate; held_until and reason (WhatsApp's
-- code) are what WhatsApp asked for, strikes how often in a row.
CREATE TABLE paces (
    id          TEXT PRIMARY KEY,
    account_id  TEXT NOT NULL,
    environment TEXT NOT NULL,
    ready_at    BIGINT NOT NULL,
    held_until  BIGINT NOT NULL,
    reason      BIGINT NOT NULL,
    strikes     BIGINT NOT NULL
);

-- Who was written to first, by the business that WhatsApp counts them for.
CREATE TABLE portfolio_people (
    portfolio  TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (portfolio, contact_id)
);
CREATE INDEX portfolio_people_at ON portfolio_people (portfolio, at);
