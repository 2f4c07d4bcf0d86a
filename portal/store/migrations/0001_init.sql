-- +goose Up
-- Times are BIGINT Unix microseconds, ids TEXT, JSON TEXT. Every table of a
-- tenant carries account_id and environment. Rows with due_at are work to do.

CREATE TABLE accounts (
    id              TEXT PRIMARY KEY,
    name            TEXT NOT NULL,
    status          TEXT NOT NULL,
    plan            TEXT NOT NULL,
    language        TEXT NOT NULL,
    timezone        TEXT NOT NULL,
    country         TEXT NOT NULL,
    testers         TEXT NOT NULL,
    departments     TEXT NOT NULL,
    opt_in_required BOOLEAN NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL
);

CREATE TABLE users (
    id            TEXT PRIMARY KEY,
    email         TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    staff         BOOLEAN NOT NULL,
    language      TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);

CREATE TABLE memberships (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    user_id    TEXT NOT NULL REFERENCES users (id),
    role       TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, user_id)
);
CREATE INDEX memberships_user ON memberships (user_id);

-- The one-time set-up link: at most one row, gone with the first user.
CREATE TABLE setup_links (
    hash       BYTEA PRIMARY KEY,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- token_hash is the SHA-256 of the cookie's value; data is what scs keeps.
CREATE TABLE sessions (
    token_hash   TEXT PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    user_id      TEXT NOT NULL,
    data         BYTEA NOT NULL,
    ip           TEXT NOT NULL,
    user_agent   TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE account_modules (
    account_id       TEXT NOT NULL REFERENCES accounts (id),
    name             TEXT NOT NULL,
    active           BOOLEAN NOT NULL,
    reason           TEXT NOT NULL,
    messages_per_day BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    PRIMARY KEY (account_id, name)
);

CREATE TABLE tokens (
    id           TEXT PRIMARY KEY,
    account_id   TEXT NOT NULL REFERENCES accounts (id),
    environment  TEXT NOT NULL,
    hash         BYTEA NOT NULL UNIQUE,
    name         TEXT NOT NULL,
    prefix       TEXT NOT NULL,
    last4        TEXT NOT NULL,
    scopes       TEXT NOT NULL,
    allowed_ips  TEXT NOT NULL,
    rate_limit   BIGINT NOT NULL,
    created_by   TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    expires_at   BIGINT,
    revoked_at   BIGINT,
    revoked_by   TEXT NOT NULL,
    rotated_from TEXT NOT NULL,
    last_used_at BIGINT,
    last_used_ip TEXT NOT NULL
);
CREATE INDEX tokens_tenant ON tokens (account_id, environment, id);

-- A mint form's nonce: consumed once, so that a reload cannot mint twice.
CREATE TABLE mint_nonces (
    nonce      TEXT PRIMARY KEY,
    token_id   TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- The chain of an account runs by seq; hash covers the row and the hash before it.
CREATE TABLE audit (
    account_id TEXT NOT NULL,
    seq        BIGINT NOT NULL,
    id         TEXT NOT NULL UNIQUE,
    at         BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id   TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    actor_ip   TEXT NOT NULL,
    action     TEXT NOT NULL,
    target     TEXT NOT NULL,
    details    TEXT NOT NULL,
    request_id TEXT NOT NULL,
    hash       BYTEA NOT NULL,
    PRIMARY KEY (account_id, seq)
);
CREATE INDEX audit_target ON audit (account_id, target, seq);

-- The end of each account's chain: its row is locked by whoever appends, and
-- shows when rows were cut off the end.
CREATE TABLE audit_heads (
    account_id TEXT PRIMARY KEY,
    seq        BIGINT NOT NULL,
    hash       BYTEA NOT NULL
);

CREATE TABLE channels (
    id              TEXT PRIMARY KEY,
    account_id      TEXT NOT NULL REFERENCES accounts (id),
    environment     TEXT NOT NULL,
    name            TEXT NOT NULL,
    phone           TEXT NOT NULL,
    provider        TEXT NOT NULL,
    phone_number_id TEXT NOT NULL UNIQUE,
    waba            TEXT NOT NULL,
    is_default      BOOLEAN NOT NULL,
    status          TEXT NOT NULL,
    status_reason   TEXT NOT NULL,
    quality         TEXT NOT NULL,
    secrets         BYTEA NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL
);
CREATE INDEX channels_tenant ON channels (account_id, environment, id);

CREATE TABLE templates (
    id               TEXT PRIMARY KEY,
    account_id       TEXT NOT NULL REFERENCES accounts (id),
    environment      TEXT NOT NULL,
    name             TEXT NOT NULL,
    language         TEXT NOT NULL,
    category         TEXT NOT NULL,
    status           TEXT NOT NULL,
    parameter_format TEXT NOT NULL,
    parameters       TEXT NOT NULL,
    components       TEXT NOT NULL,
    quality          TEXT NOT NULL,
    ttl_seconds      BIGINT,
    provider_id      TEXT NOT NULL,
    synced_at        BIGINT,
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    UNIQUE (account_id, environment, name, language)
);

CREATE TABLE contacts (
    id               TEXT PRIMARY KEY,
    account_id       TEXT NOT NULL REFERENCES accounts (id),
    environment      TEXT NOT NULL,
    external_id      TEXT,
    phone            TEXT,
    wa_id            TEXT NOT NULL,
    user_id          TEXT NOT NULL,
    username         TEXT NOT NULL,
    name             TEXT NOT NULL,
    email            TEXT NOT NULL,
    country          TEXT NOT NULL,
    language         TEXT NOT NULL,
    timezone         TEXT NOT NULL,
    opt_status       TEXT NOT NULL,
    opt_marketing    TEXT NOT NULL,
    opt_source       TEXT NOT NULL,
    opt_at           BIGINT,
    opt_evidence     TEXT NOT NULL,
    search           TEXT NOT NULL,
    last_inbound_at  BIGINT,
    last_outbound_at BIGINT,
    source           TEXT NOT NULL,
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    UNIQUE (account_id, environment, external_id),
    UNIQUE (account_id, environment, phone)
);
CREATE INDEX contacts_tenant ON contacts (account_id, environment, id);
CREATE INDEX contacts_changed ON contacts (account_id, environment, updated_at, id);
CREATE INDEX contacts_wa_id ON contacts (account_id, environment, wa_id) WHERE wa_id <> '';
CREATE INDEX contacts_user_id ON contacts (account_id, environment, user_id) WHERE user_id <> '';

CREATE TABLE contact_tags (
    account_id  TEXT NOT NULL,
    environment TEXT NOT NULL,
    tag         TEXT NOT NULL,
    contact_id  TEXT NOT NULL REFERENCES contacts (id),
    position    BIGINT NOT NULL,
    PRIMARY KEY (account_id, environment, tag, contact_id)
);
CREATE INDEX contact_tags_contact ON contact_tags (contact_id);

-- value is JSON: string, number or boolean.
CREATE TABLE contact_attributes (
    account_id  TEXT NOT NULL,
    environment TEXT NOT NULL,
    contact_id  TEXT NOT NULL REFERENCES contacts (id),
    name        TEXT NOT NULL,
    value       TEXT NOT NULL,
    PRIMARY KEY (contact_id, name)
);

-- The 24-hour window of a contact towards one channel.
CREATE TABLE windows (
    contact_id      TEXT NOT NULL REFERENCES contacts (id),
    channel_id      TEXT NOT NULL REFERENCES channels (id),
    account_id      TEXT NOT NULL,
    environment     TEXT NOT NULL,
    last_inbound_at BIGINT NOT NULL,
    PRIMARY KEY (contact_id, channel_id)
);

-- Keyed hashes of the numbers of erased people who had opted out.
CREATE TABLE opt_outs (
    account_id  TEXT NOT NULL,
    environment TEXT NOT NULL,
    phone_hash  BYTEA NOT NULL,
    status      TEXT NOT NULL,
    marketing   TEXT NOT NULL,
    source      TEXT NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (account_id, environment, phone_hash)
);

CREATE TABLE conversations (
    id          TEXT PRIMARY KEY,
    account_id  TEXT NOT NULL REFERENCES accounts (id),
    environment TEXT NOT NULL,
    contact_id  TEXT NOT NULL UNIQUE,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);

CREATE TABLE handoffs (
    id               TEXT PRIMARY KEY,
    account_id       TEXT NOT NULL REFERENCES accounts (id),
    environment      TEXT NOT NULL,
    contact_id       TEXT NOT NULL,
    conversation_id  TEXT NOT NULL,
    status           TEXT NOT NULL,
    reason           TEXT NOT NULL,
    priority         TEXT NOT NULL,
    department       TEXT NOT NULL,
    note             TEXT NOT NULL,
    reference        TEXT NOT NULL,
    requester_kind   TEXT NOT NULL,
    requester_id     TEXT NOT NULL,
    requester_name   TEXT NOT NULL,
    assignee_id      TEXT NOT NULL,
    assignee_name    TEXT NOT NULL,
    outcome          TEXT NOT NULL,
    resolution_note  TEXT NOT NULL,
    created_at       BIGINT NOT NULL,
    assigned_at      BIGINT,
    resolved_at      BIGINT
);
CREATE INDEX handoffs_tenant ON handoffs (account_id, environment, id);
CREATE UNIQUE INDEX handoffs_open ON handoffs (contact_id) WHERE status <> 'resolved';

CREATE TABLE messages (
    id                  TEXT PRIMARY KEY,
    account_id          TEXT NOT NULL REFERENCES accounts (id),
    environment         TEXT NOT NULL,
    direction           TEXT NOT NULL,
    status              TEXT NOT NULL,
    type                TEXT NOT NULL,
    to_phone            TEXT NOT NULL,
    from_phone          TEXT NOT NULL,
    channel_id          TEXT NOT NULL,
    contact_id          TEXT NOT NULL,
    wa_id               TEXT NOT NULL,
    conversation_id     TEXT NOT NULL,
    reference           TEXT NOT NULL,
    context_message_id  TEXT NOT NULL,
    template            TEXT NOT NULL,
    content             TEXT,
    fallback            TEXT,
    fallback_used       BOOLEAN NOT NULL,
    category            TEXT NOT NULL,
    source              TEXT NOT NULL,
    request_id          TEXT NOT NULL,
    token_id            TEXT NOT NULL,
    user_id             TEXT NOT NULL,
    idempotency_key     TEXT NOT NULL,
    provider_message_id TEXT NOT NULL,
    attempts            BIGINT NOT NULL,
    sequence            BIGINT NOT NULL,
    price               TEXT,
    error_code          TEXT NOT NULL,
    provider_error      TEXT,
    checks              TEXT NOT NULL,
    created_at          BIGINT NOT NULL,
    send_at             BIGINT,
    expires_at          BIGINT NOT NULL,
    expiry_given        BOOLEAN NOT NULL,
    accepted_at         BIGINT,
    delivered_at        BIGINT,
    read_at             BIGINT,
    updated_at          BIGINT NOT NULL,
    due_at              BIGINT,
    lease_until         BIGINT
);
CREATE INDEX messages_tenant ON messages (account_id, environment, id);
CREATE INDEX messages_contact ON messages (account_id, environment, contact_id, id);
CREATE INDEX messages_created ON messages (account_id, environment, direction, created_at);
CREATE INDEX messages_reference ON messages (account_id, environment, reference, id) WHERE reference <> '';
CREATE INDEX messages_waiting ON messages (account_id, environment, status, contact_id, id, due_at, channel_id) WHERE status = 'queued';
CREATE INDEX messages_changed ON messages (account_id, environment, updated_at, id);
CREATE INDEX messages_request ON messages (account_id, environment, request_id, id) WHERE request_id <> '';
CREATE INDEX messages_due ON messages (due_at, id) WHERE due_at IS NOT NULL;
CREATE UNIQUE INDEX messages_provider ON messages (provider_message_id, channel_id) WHERE provider_message_id <> '';

CREATE TABLE attempts (
    message_id      TEXT NOT NULL REFERENCES messages (id),
    number          BIGINT NOT NULL,
    at              BIGINT NOT NULL,
    outcome         TEXT NOT NULL,
    duration        BIGINT NOT NULL,
    http_status     BIGINT NOT NULL,
    trace_id        TEXT NOT NULL,
    error_code      TEXT NOT NULL,
    provider_error  TEXT,
    next_attempt_at BIGINT,
    PRIMARY KEY (message_id, number)
);

-- What WhatsApp reported of a message; a repeat of (message, status, at) is one row.
CREATE TABLE status_news (
    message_id  TEXT NOT NULL REFERENCES messages (id),
    status      TEXT NOT NULL,
    at          BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    applied     BOOLEAN NOT NULL,
    sequence    BIGINT NOT NULL,
    PRIMARY KEY (message_id, status, at)
);

-- The kept answer of a call with an Idempotency-Key; key_hash is SHA-256 of the key.
CREATE TABLE idempotency_keys (
    account_id  TEXT NOT NULL,
    environment TEXT NOT NULL,
    key_hash    BYTEA NOT NULL,
    fingerprint BYTEA NOT NULL,
    request_id  TEXT NOT NULL,
    message_id  TEXT NOT NULL,
    status      BIGINT NOT NULL,
    headers     TEXT NOT NULL,
    body        BYTEA NOT NULL,
    expires_at  BIGINT NOT NULL,
    PRIMARY KEY (account_id, environment, key_hash)
);
CREATE INDEX idempotency_expiry ON idempotency_keys (expires_at);

-- Later calls that got the kept answer, for the message's timeline.
CREATE TABLE replays (
    message_id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    token_id   TEXT NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (message_id, request_id)
);

-- Callbacks that the WhatsApp simulator owes.
CREATE TABLE simulator_callbacks (
    id          TEXT PRIMARY KEY,
    channel_id  TEXT NOT NULL,
    body        BYTEA NOT NULL,
    tries       BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    lease_until BIGINT
);
CREATE INDEX simulator_callbacks_due ON simulator_callbacks (due_at);

