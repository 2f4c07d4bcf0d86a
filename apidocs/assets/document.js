// The OpenAPI document: references, operations, and what is changed in it
// before Swagger UI sees it.
import { t } from './words.js';

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options', 'trace'];

export const operations = (doc) => Object.entries(doc.paths || {})
  .flatMap(([path, item]) => METHODS.filter((m) => item[m]).map((method) => ({ path, method, op: item[method] })));

export const pointer = (doc, ref) => ref.slice(2).split('/')
  .reduce((o, k) => o && o[k.replace(/~1/g, '/').replace(/~0/g, '~')], doc);

export const deref = (doc, o) => (o && o.$ref ? structuredClone(pointer(doc, o.$ref)) : o);

// Resolves the local references below a path as Swagger UI's own resolver does
// ($$ref keeps the name of a schema), in a fraction of its time.
export const resolve = (doc, path) => {
  const go = (v, seen) => {
    if (Array.isArray(v)) return v.map((x) => go(x, seen));
    if (!v || typeof v !== 'object') return v;
    if (typeof v.$ref === 'string' && v.$ref.startsWith('#/')) {
      if (seen.includes(v.$ref)) return v; // a cycle: shown by its name
      const { $ref, ...beside } = v;
      return { ...go(pointer(doc, $ref), [...seen, $ref]), ...beside, $$ref: $ref };
    }
    return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, k === 'example' ? x : go(x, seen)]));
  };
  return go(path.reduce((o, k) => o && o[k], doc), []);
};

const exampleOf = (param) => param.example ?? param.schema?.example ?? param.schema?.examples?.[0];

// Swagger UI sends every example that it finds beside a parameter. That of a
// required one is a start; that of an optional one (an Idempotency-Key) is to be
// read, not sent.
const exemplify = (doc, x) => {
  const p = deref(doc, x), value = exampleOf(p);
  if (value === undefined) return x;
  const { example, examples, ...param } = p;
  if (p.required) return { ...param, example: value };
  const { example: e, examples: es, ...schema } = param.schema || {};
  return { ...param, schema, description: `${param.description || ''} ${t('Example')}: \`${value}\``.trim() };
};

// Whatever the document says, this page calls its own server only.
export const prepare = (doc) => {
  doc.servers = [{ url: location.origin }];
  for (const { path, op } of operations(doc)) {
    delete op.servers;
    delete doc.paths[path].servers;
    if (op.parameters) op.parameters = op.parameters.map((p) => exemplify(doc, p));
  }
  return doc;
};
