-- +goose Up
-- waba is the business account that holds the template; reason and
-- recommendation are WhatsApp's words for a template that it does not send.
ALTER TABLE templates ADD COLUMN waba TEXT NOT NULL DEFAULT '';
ALTER TABLE templates ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE templates ADD COLUMN recommendation TEXT NOT NULL DEFAULT '';
CREATE INDEX templates_provider ON templates (waba, provider_id);
CREATE INDEX templates_pending ON templates (updated_at) WHERE status = 'pending';
UPDATE templates
SET waba = COALESCE((
  SELECT c.waba
  FROM channels c
  WHERE c.account_id = templates.account_id AND c.environment = templates.environment
  ORDER BY c.is_default DESC, c.id
  LIMIT 1), '');

-- What happened to a template, for its page.
CREATE TABLE template_events (
    template_id TEXT NOT NULL REFERENCES templates (id),
    at          BIGINT NOT NULL,
    kind        TEXT NOT NULL,
    before      TEXT NOT NULL,
    after       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    source      TEXT NOT NULL,
    actor       TEXT NOT NULL,
    PRIMARY KEY (template_id, at, kind)
);

-- The templates of the WhatsApp simulator, in Meta's words; plan is what its
-- review will decide and when.
CREATE TABLE simulator_templates (
    id               TEXT PRIMARY KEY,
    waba             TEXT NOT NULL,
    name             TEXT NOT NULL,
    language         TEXT NOT NULL,
    category         TEXT NOT NULL,
    status           TEXT NOT NULL,
    parameter_format TEXT NOT NULL,
    components       TEXT NOT NULL,
    quality          TEXT NOT NULL,
    reason           TEXT NOT NULL,
    ttl_seconds      BIGINT,
    plan             TEXT NOT NULL,
    created_at       BIGINT NOT NULL,
    UNIQUE (waba, name, language)
);
INSERT INTO simulator_templates (id, waba, name, language, category, status, parameter_format, components, quality, reason, ttl_seconds, plan, created_at)
SELECT t.provider_id, t.waba, t.name, t.language, UPPER(t.category), UPPER(t.status), UPPER(t.parameter_format), t.components, 'UNKNOWN', 'NONE', t.ttl_seconds, '[]', t.created_at
FROM templates t
WHERE EXISTS (SELECT 1 FROM channels c WHERE c.waba = t.waba AND c.provider = 'simulator');
