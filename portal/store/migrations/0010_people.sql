-- +goose Up
-- The answers of a batch's lines, kept for repeats: one row a line, so that an
-- erasure empties only those about the person. body is NULL from then on.
CREATE TABLE kept_lines (
    account_id  TEXT NOT NULL,
    environment TEXT NOT NULL,
    key_hash    BYTEA NOT NULL,
    line        BIGINT NOT NULL,
    contact_id  TEXT NOT NULL,
    message_id  TEXT NOT NULL,
    status      BIGINT NOT NULL,
    body        BYTEA,
    expires_at  BIGINT NOT NULL,
    PRIMARY KEY (account_id, environment, key_hash, line)
);
CREATE INDEX kept_lines_contact ON kept_lines (account_id, environment, contact_id) WHERE contact_id <> '';
CREATE INDEX kept_lines_expiry ON kept_lines (expires_at);

-- Each change of a person's consent, for the proof that LGPD asks for.
CREATE TABLE consent_changes (
    id          TEXT PRIMARY KEY,
    account_id  TEXT NOT NULL,
    environment TEXT NOT NULL,
    contact_id  TEXT NOT NULL,
    at          BIGINT NOT NULL,
    status      TEXT NOT NULL,
    marketing   TEXT NOT NULL,
    source      TEXT NOT NULL,
    given_at    BIGINT,
    evidence    TEXT NOT NULL,
    actor_kind  TEXT NOT NULL,
    actor_id    TEXT NOT NULL,
    actor_name  TEXT NOT NULL
);
CREATE INDEX consent_changes_contact ON consent_changes (account_id, environment, contact_id, id);

-- A file of contacts on its way in. position is the number of rows whose effect
-- is committed; due_at and lease_until as everywhere: null = nothing to do.
CREATE TABLE imports (
    id           TEXT PRIMARY KEY,
    account_id   TEXT NOT NULL,
    environment  TEXT NOT NULL,
    user_id      TEXT NOT NULL,
    user_name    TEXT NOT NULL,
    file_name    TEXT NOT NULL,
    status       TEXT NOT NULL,
    reason       TEXT NOT NULL,
    encoding     TEXT NOT NULL,
    delimiter    TEXT NOT NULL,
    header       TEXT NOT NULL,
    mapping      TEXT NOT NULL,
    total        BIGINT NOT NULL,
    position     BIGINT NOT NULL,
    created      BIGINT NOT NULL,
    updated      BIGINT NOT NULL,
    kept         BIGINT NOT NULL,
    refused      BIGINT NOT NULL,
    due_at       BIGINT,
    lease_until  BIGINT,
    claims       BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    finished_at  BIGINT
);
CREATE INDEX imports_of_account ON imports (account_id, environment, id);
CREATE INDEX imports_due ON imports (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX imports_suspect ON imports (due_at, id) WHERE due_at IS NOT NULL AND claims >= 2;
CREATE INDEX imports_finished ON imports (finished_at);

-- The rows of the file, some in each part; gone when the import is over.
CREATE TABLE import_parts (
    import_id TEXT NOT NULL,
    part      BIGINT NOT NULL,
    body      BYTEA NOT NULL,
    PRIMARY KEY (import_id, part)
);

-- What was wrong with rows: the line in the file, the column and the reason,
-- never a value of the row.
CREATE TABLE import_errors (
    import_id TEXT NOT NULL,
    line      BIGINT NOT NULL,
    number    BIGINT NOT NULL,
    column_at BIGINT NOT NULL,
    field     TEXT NOT NULL,
    code      TEXT NOT NULL,
    detail_en TEXT NOT NULL,
    detail_pt TEXT NOT NULL,
    PRIMARY KEY (import_id, line, number)
);
