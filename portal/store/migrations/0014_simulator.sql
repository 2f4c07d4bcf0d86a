-- +goose Up
-- What a simulated number does differently from a healthy one, as JSON.
CREATE TABLE simulator_phones (
    channel_id TEXT PRIMARY KEY,
    settings   TEXT NOT NULL
);

-- What a simulated number knows of a person: E.164, or the id of a person
-- whose number is hidden.
CREATE TABLE simulator_people (
    channel_id TEXT NOT NULL,
    person     TEXT NOT NULL,
    wrote_at   BIGINT,
    facts      TEXT NOT NULL,
    PRIMARY KEY (channel_id, person)
);
INSERT INTO simulator_people (channel_id, person, wrote_at, facts)
SELECT w.channel_id, c.phone, MAX(w.last_inbound_at), '{}'
FROM windows w
JOIN contacts c ON c.id = w.contact_id
JOIN channels h ON h.id = w.channel_id
WHERE h.provider = 'simulator' AND c.phone <> ''
GROUP BY w.channel_id, c.phone;

-- The latest tries to deliver callbacks.
CREATE TABLE simulator_deliveries (
    id          TEXT PRIMARY KEY,
    channel_id  TEXT NOT NULL,
    callback_id TEXT NOT NULL,
    body        TEXT NOT NULL,
    status      BIGINT NOT NULL,
    took        BIGINT NOT NULL,
    tried_at    BIGINT NOT NULL
);
CREATE INDEX simulator_deliveries_channel ON simulator_deliveries (channel_id, id);
CREATE INDEX simulator_callbacks_channel ON simulator_callbacks (channel_id);
