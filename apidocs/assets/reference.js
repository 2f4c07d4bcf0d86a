// The API reference: starts Swagger UI inside the portal. What the page has to
// know is on the mount element: data-spec (address of the OpenAPI document),
// data-request (prefix of a log entry in the API), data-logs (the log pages, ''
// for a reader without them), data-tester (a number that test messages reach),
// data-from (the past request to open filled in, '' for none), data-type (the
// type of the event whose example to open, '' for none).
import { operations, prepare } from './document.js';
import { say } from './elements.js';
import { freshen } from './fresh.js';
import { end, trying } from './grant.js';
import { hashOf } from './operation.js';
import { plugin } from './plugin.js';
import { LEAK, applyExample, applyRequest, readRequest } from './prefill.js';
import { wireSearch } from './search.js';
import { lang, t } from './words.js';

const mount = document.getElementById('api'), index = document.getElementById('api-index');
const FRAMES = 120; // how long something is waited for, in frames

const fail = (why) => {
  const p = document.createElement('p');
  p.className = 'callout err';
  p.setAttribute('role', 'alert');
  p.textContent = `${t('The reference could not be loaded.')} ${why}`;
  mount.replaceChildren(p);
  mount.hidden = false;
};

// Calls go to this server only, with the session and never with a token.
const outgoing = (req) => {
  if (new URL(req.url, location.href).origin !== location.origin) throw new Error(t('Only this server may be called from this page.'));
  for (const k of Object.keys(req.headers || {})) if (LEAK.test(k)) delete req.headers[k];
  req.headers = { 'Accept-Language': lang, ...req.headers, 'Wpp-Console': '1' };
  req.credentials = 'same-origin';
  return req;
};
const incoming = (res) => { if (res.status === 401) end(); return res; };

// The past request to open filled in, once calls may be made.
const past = async () => {
  const id = trying() && mount.dataset.from;
  return id ? (await readRequest(id, mount.dataset.request).catch(() => null)) || { failed: true } : null;
};

const fillIn = (doc, request) => {
  if (!request) return mount.dataset.type ? applyExample(doc, mount.dataset.type, mount.dataset.tester) : null;
  const filled = request.failed ? null : applyRequest(doc, request, mount.dataset.tester);
  if (request.failed) say(t('That request could not be opened. Only test requests whose details are still kept can be.'));
  else if (!filled) say(t('That operation is not in this document.'));
  return filled;
};

const groupOf = (doc, id) => operations(doc).find(({ op }) => op.operationId === id)?.op.tags[0];

const retry = (done, n = FRAMES) => { if (!done() && n > 0) requestAnimationFrame(() => retry(done, n - 1)); };

// Opens the operation of the address, scrolls to it and gives it the focus.
const follow = (ui, doc, focus) => {
  const id = decodeURIComponent(location.hash.split('/')[2] || ''), tag = groupOf(doc, id);
  if (!tag) return;
  const show = (thing) => ui.getSystem().getStore().dispatch({ type: 'layout_show', payload: { thing, shown: true } });
  show(['operations-tag', tag]);
  show(['operations', tag, id]);
  retry(() => {
    const head = document.getElementById(`op-${id}`);
    if (!head) return false;
    const top = () => head.closest('.op-head').scrollIntoView({ block: 'start' });
    top();
    if (focus) head.focus({ preventScroll: true });
    retry(() => { // its body comes a few frames later
      if (!head.closest('.opblock')?.querySelector('.responses-wrapper')) return false;
      top();
      return true;
    });
    return true;
  });
};

// The server's list goes only when the live one is there: no flash, no shift.
const swap = (ui, doc, filled) => retry(() => {
  if (!mount.querySelector('.op-toggle')) return false;
  mount.hidden = false;
  index?.remove();
  mount.dataset.ready = 'true';
  follow(ui, doc, !!filled);
  return true;
});

const load = async () => {
  const res = await fetch(mount.dataset.spec, { credentials: 'same-origin' });
  if (!res.ok) throw new Error(String(res.status));
  return freshen(prepare(await res.json()));
};

const start = async () => {
  let doc, request;
  try {
    [doc, request] = await Promise.all([load(), past()]);
  } catch (e) { fail(e.message); return; }
  const filled = fillIn(doc, request);
  if (filled) history.replaceState(null, '', location.pathname + location.search + hashOf(filled.operationId));
  const ui = window.SwaggerUIBundle({
    domNode: mount, spec: doc, layout: 'PortalLayout',
    presets: [window.SwaggerUIBundle.presets.apis], plugins: [plugin({ logs: mount.dataset.logs, filled })],
    deepLinking: false, docExpansion: 'list', filter: false, tryItOutEnabled: trying(), displayRequestDuration: true, showMutatedRequest: false,
    persistAuthorization: false, queryConfigEnabled: false, validatorUrl: null, withCredentials: false,
    defaultModelsExpandDepth: 0, defaultModelExpandDepth: 1, showCommonExtensions: false, showExtensions: false,
    requestInterceptor: outgoing, responseInterceptor: incoming,
    onComplete: () => swap(ui, doc, filled),
  });
  wireSearch(ui, operations(doc).length, mount);
  addEventListener('hashchange', () => follow(ui, doc, true));
  mount.addEventListener('keydown', (e) => {
    const button = e.key === 'Enter' && (e.ctrlKey || e.metaKey) && e.target.closest('.opblock')?.querySelector('.execute');
    if (button) { e.preventDefault(); button.click(); }
  });
};
start();
