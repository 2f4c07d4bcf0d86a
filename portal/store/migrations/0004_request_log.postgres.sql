-- +goose Up
-- The log is partitioned by day of its id, which begins with the time it was
-- minted, so that old days are dropped whole. What no day takes is in _default.
-- Bounds compare bytewise, as ids sort.
-- +goose StatementBegin
CREATE FUNCTION pg_temp.first_id(day DATE) RETURNS TEXT LANGUAGE plpgsql AS $$
DECLARE
    millis BIGINT := EXTRACT(EPOCH FROM day)::BIGINT * 1000;
    digits TEXT := '';
BEGIN
    -- Ten digits of Crockford base32 hold the milliseconds, sixteen the rest of a UUIDv7.
    FOR i IN 0..9 LOOP
        digits := substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', (millis >> 5 * i & 31)::INT + 1, 1) || digits;
    END LOOP;
    RETURN 'req_' || digits || repeat('0', 16);
END
$$;
-- +goose StatementEnd

DROP INDEX requests_id;
ALTER TABLE requests ALTER COLUMN id TYPE TEXT COLLATE "C";
ALTER TABLE requests RENAME TO requests_before;
CREATE TABLE requests (LIKE requests_before) PARTITION BY RANGE (id);
CREATE TABLE requests_default PARTITION OF requests DEFAULT;
CREATE INDEX requests_default_id ON requests_default (id);

ALTER TABLE request_bodies ALTER COLUMN request_id TYPE TEXT COLLATE "C";
ALTER TABLE request_bodies RENAME TO request_bodies_before;
CREATE TABLE request_bodies (LIKE request_bodies_before) PARTITION BY RANGE (request_id);
CREATE TABLE request_bodies_default PARTITION OF request_bodies DEFAULT;

-- The days of the rows that are there, and those to come until the program makes more.
-- +goose StatementBegin
DO $$
DECLARE
    today DATE := (now() AT TIME ZONE 'UTC')::DATE;
    first DATE;
BEGIN
    SELECT GREATEST(today - 31, COALESCE((to_timestamp(MIN(at) / 1000000) AT TIME ZONE 'UTC')::DATE, today)) INTO first FROM requests_before;
    FOR n IN LEAST(first, today) - today .. 3 LOOP
        EXECUTE format('CREATE TABLE requests_%s PARTITION OF requests FOR VALUES FROM (%L) TO (%L)',
            to_char(today + n, 'YYYYMMDD'), pg_temp.first_id(today + n), pg_temp.first_id(today + n + 1));
        EXECUTE format('CREATE TABLE request_bodies_%s PARTITION OF request_bodies FOR VALUES FROM (%L) TO (%L)',
            to_char(today + n, 'YYYYMMDD'), pg_temp.first_id(today + n), pg_temp.first_id(today + n + 1));
    END LOOP;
END
$$;
-- +goose StatementEnd

INSERT INTO requests SELECT * FROM requests_before;
INSERT INTO request_bodies SELECT * FROM request_bodies_before;
DROP TABLE requests_before;
DROP TABLE request_bodies_before;
ALTER TABLE requests ADD PRIMARY KEY (account_id, environment, id);
ALTER TABLE request_bodies ADD PRIMARY KEY (request_id);

-- t0 to t17 count the calls by class of duration (portal.Latency); earlier ones were not counted so.
ALTER TABLE request_minutes
    DROP COLUMN micros,
    ADD COLUMN t0 BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN t1 BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN t2 BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN t3 BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN t4 BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN t5 BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN t6 BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN t7 BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN t8 BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN t9 BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN t10 BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN t11 BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN t12 BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN t13 BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN t14 BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN t15 BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN t16 BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN t17 BIGINT NOT NULL DEFAULT 0;

-- Refused and failed calls by code and operation, in slots of five minutes.
CREATE TABLE request_errors (
    account_id  TEXT NOT NULL,
    environment TEXT NOT NULL,
    slot        BIGINT NOT NULL,
    code        TEXT NOT NULL,
    operation   TEXT NOT NULL,
    calls       BIGINT NOT NULL,
    first_at    BIGINT NOT NULL,
    last_at     BIGINT NOT NULL,
    PRIMARY KEY (account_id, environment, slot, code, operation)
);
CREATE INDEX request_errors_age ON request_errors (slot);
INSERT INTO request_errors (account_id, environment, slot, code, operation, calls, first_at, last_at)
SELECT account_id, environment, at / 300000000 * 300000000 AS slot, error_code, operation, COUNT(*), MIN(at), MAX(at)
FROM requests
WHERE error_code <> ''
GROUP BY 1, 2, 3, 4, 5;

-- Calls whose row could not be written.
CREATE TABLE request_losses (
    account_id  TEXT NOT NULL,
    environment TEXT NOT NULL,
    minute      BIGINT NOT NULL,
    lost        BIGINT NOT NULL,
    PRIMARY KEY (account_id, environment, minute)
);
CREATE INDEX request_losses_age ON request_losses (minute);
