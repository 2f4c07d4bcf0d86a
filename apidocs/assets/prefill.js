// A past request of the log becomes the example of its operation, so that
// Swagger UI fills its form itself: a value set from outside does not survive
// the mounting of the form.
import { deref, operations } from './document.js';
import { refresh, reports } from './fresh.js';
import { t } from './words.js';

export const REQUEST_ID = /^req_[0-9A-Za-z]{4,40}$/;
export const LEAK = /^(authorization|cookie|proxy-authorization|x-api-key)$/i;

// Reads a log entry: null when it cannot be read.
export const readRequest = async (id, prefix) => {
  const headers = { Accept: 'application/json', 'Wpp-Console': '1' };
  const res = await fetch(prefix + encodeURIComponent(id), { headers, credentials: 'same-origin' });
  return res.ok ? res.json() : null;
};

const PHONE_NAMES = ['candidates', 'e164', 'from', 'number', 'phone', 'phones', 'to', 'wa_id'];
const hidden = (v) => typeof v === 'string' && v.includes('•');
const rest = (v) => typeof v === 'string' && /^••• \d+ more$/.test(v); // what did not fit in the log

const literal = (s) => s.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const pathValues = (template, path) => {
  const names = [...template.matchAll(/\{([^}]+)\}/g)].map((m) => m[1]);
  const found = new RegExp(`^${template.split(/\{[^}]+\}/).map(literal).join('(.+)')}$`).exec(path);
  return Object.fromEntries(found ? names.map((n, i) => [n, found[i + 1]]) : []);
};
const queryValues = (query) => Object.fromEntries(new URLSearchParams(query || ''));

// The first sample that a schema holds for the value at a path.
const schemaSample = (doc, schema, at) => {
  let s = deref(doc, schema);
  for (const key of at) {
    if (!s) return undefined;
    s = deref(doc, /^\d+$/.test(key) && s.items ? s.items : s.properties?.[key] ?? s.additionalProperties);
  }
  return s?.example ?? s?.examples?.[0] ?? s?.default ?? s?.enum?.[0];
};
const within = (value, at) => at.reduce((o, k) => (o && typeof o === 'object' ? o[k] : undefined), value);

// Fills what the log has masked: phone numbers with the tester's, the rest from
// the documented examples of the same kind, then from the schema.
class Filler {
  constructor(doc, media, tester) { Object.assign(this, { doc, media, tester, places: [] }); }

  sample(at, kind) {
    const examples = Object.values(this.media?.examples || {}).map((e) => e.value);
    const alike = examples.filter((e) => e?.type === kind);
    for (const e of [...alike, ...examples, this.media?.example]) {
      const v = within(e, at);
      if (typeof v === 'string' || typeof v === 'number') return v;
    }
    return schemaSample(this.doc, this.media?.schema, at) ?? 'text';
  }

  fill(v, at, kind) {
    if (Array.isArray(v)) return v.filter((x) => !rest(x)).map((x, i) => this.fill(x, [...at, String(i)], kind));
    if (v && typeof v === 'object') {
      return Object.fromEntries(Object.entries(v).filter(([k]) => !hidden(k)).map(([k, x]) => [k, this.fill(x, [...at, k], kind)]));
    }
    if (!hidden(v)) return v;
    this.places.push(`/${at.join('/')}`);
    const name = at.findLast((k) => !/^\d+$/.test(k));
    return PHONE_NAMES.includes(name) || v.startsWith('+') ? this.tester : this.sample(at, kind);
  }

  parameter(p, v) {
    if (!hidden(v)) return v;
    this.places.push(p.name);
    if (v.startsWith('phone:')) return `phone:${this.tester}`;
    return PHONE_NAMES.includes(p.name) ? this.tester : p.example ?? p.schema?.examples?.[0] ?? '';
  }
}

const parsed = (text) => { try { return JSON.parse(text); } catch { return undefined; } };

const fillBody = (doc, op, request, filler) => {
  if (!op.requestBody) return {};
  op.requestBody = deref(doc, op.requestBody);
  const media = Object.entries(op.requestBody.content).find(([type]) => /json/.test(type))?.[1];
  const body = parsed(request.request?.body);
  if (!media) return {};
  if (body === undefined) return { bodyLost: true };
  filler.media = { ...media, schema: media.schema };
  const value = refresh(filler.fill(body, [], body?.type));
  const documented = media.examples || (media.example === undefined ? {} : { documented: { summary: t('Documented example'), value: media.example } });
  delete media.example;
  media.examples = { request: { summary: `${t('From request')} ${request.id}`, value }, ...documented };
  return { renewed: reports(value) };
};

const MOMENT = /^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/;
const moved = (v, by) => {
  if (Array.isArray(v)) return v.map((x) => moved(x, by));
  if (v && typeof v === 'object') return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, moved(x, by)]));
  return typeof v === 'string' && MOMENT.test(v) ? new Date(Date.parse(v) + by).toISOString() : v;
};

// Makes the example of a type of events the first of its operation, as if it
// happened now to the tester: an old one would start nothing, and a customer of
// the account's own may have the example's id. Null without such an example.
export const applyExample = (doc, type, tester) => {
  const id = 'sendEvent', op = operations(doc).find((o) => o.op.operationId === id)?.op;
  const media = op && Object.values((op.requestBody = deref(doc, op.requestBody)).content)[0];
  const found = Object.entries(media?.examples || {}).find(([, e]) => e.value?.type === type);
  if (!found) return null;
  const [name, { summary, value }] = found;
  const { external_id: theirs, ...example } = moved(value, Date.now() - Date.parse(value.occurred_at));
  const { external_id: key, ...customer } = example.customer;
  const fresh = { external_id: `${theirs}:${Date.now().toString(36)}`, ...example, customer: { ...customer, phone: tester } };
  media.examples = { [name]: { summary, value: fresh }, ...Object.fromEntries(Object.entries(media.examples).filter(([n]) => n !== name)) };
  return { operationId: id, type };
};

// Writes the past request into the document. Returns what the page says about
// it, or null when the document has no such operation.
export const applyRequest = (doc, request, tester) => {
  const hit = operations(doc).find(({ op }) => op.operationId === request.operation);
  if (!hit) return null;
  const { op } = hit, [path, query] = String(request.path).split('?');
  const filler = new Filler(doc, null, tester);
  const values = { path: pathValues(hit.path, path), query: queryValues(query) };
  op.parameters = (op.parameters || []).map((x) => {
    const p = deref(doc, x), value = values[p.in]?.[p.name];
    if (value === undefined || LEAK.test(p.name)) return x;
    const { examples, ...param } = p;
    return { ...param, example: filler.parameter(p, value) };
  });
  const body = fillBody(doc, op, request, filler);
  return { id: request.id, status: request.status, path: hit.path, method: hit.method, operationId: op.operationId, places: filler.places, ...body };
};
