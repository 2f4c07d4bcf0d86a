// Events are answered by when they happened and once for each key. The examples
// of a document, and what the log kept, tell of another day: before they are
// tried again their times move to now and their keys become new ones.
import { deref, operations } from './document.js';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;
const MARK = /~[0-9a-z]{8}$/;
const KEY = 255; // what a key may be long

// The same for all of this page: sent twice, an event is a repeat.
const opened = Date.now(), mark = `~${opened.toString(36)}`;

const moved = (v, by) => {
  if (Array.isArray(v)) return v.map((x) => moved(x, by));
  if (v && typeof v === 'object') return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, moved(x, by)]));
  return typeof v === 'string' && TIME.test(v) ? new Date(Date.parse(v) + by).toISOString() : v;
};

const happened = (v) => Date.parse(v?.occurred_at);
const marked = (key) => String(key).replace(MARK, '').slice(0, KEY - mark.length) + mark;

// Says whether a body reports events.
export const reports = (body) => [body].flat().some((x) => !Number.isNaN(happened(x)));

// Returns the body with its events as of now and under new keys; another body as
// it is.
export const refresh = (body) => {
  if (Array.isArray(body)) return body.map(refresh);
  if (!reports(body)) return body;
  const fresh = moved(body, opened - happened(body));
  for (const key of ['external_id', 'idempotency_key']) if (fresh[key] !== undefined) fresh[key] = marked(fresh[key]);
  return fresh;
};

const refreshLines = (text) => {
  try {
    return text.split('\n').map((line) => (line ? JSON.stringify(refresh(JSON.parse(line))) : line)).join('\n');
  } catch { return text; }
};

// Refreshes the examples of all that is reported.
export const freshen = (doc) => {
  for (const { method, op } of operations(doc)) {
    if (method !== 'post' || !op.requestBody) continue;
    op.requestBody = deref(doc, op.requestBody);
    for (const media of Object.values(op.requestBody.content || {})) {
      if (typeof media.example === 'string') media.example = refreshLines(media.example);
      if (media.example !== undefined) media.example = refresh(media.example);
      for (const e of Object.values(media.examples || {})) e.value = refresh(e.value);
    }
  }
  return doc;
};
