// The answer of a call: status, time, limit left, the link to its log entry,
// and a problem in words.
import { Curl } from './code.js';
import { flat, h, icon } from './elements.js';
import { needsToken, pill } from './operation.js';
import { REQUEST_ID } from './prefill.js';
import { t } from './words.js';

const STATUS = {
  200: 'OK', 201: 'Created', 202: 'Accepted', 204: 'No content', 304: 'Not modified', 400: 'Bad request', 401: 'Unauthorized', 403: 'Forbidden',
  404: 'Not found', 405: 'Method not allowed', 406: 'Not acceptable', 409: 'Conflict', 412: 'Precondition failed', 413: 'Content too large',
  415: 'Unsupported media type', 422: 'Unprocessable', 429: 'Too many requests', 500: 'Internal error', 503: 'Unavailable',
};

const limitLeft = (headers) => {
  const left = /;\s*r=(\d+)/.exec(headers.ratelimit || ''), quota = /;\s*q=(\d+)/.exec(headers['ratelimit-policy'] || '');
  if (!left) return null;
  return h('span', { className: 'num' }, left[1], ' ', quota ? `${t('left of')} ${quota[1]}` : t('left'));
};

// The path of an address of this server, null for any other.
const local = (address) => {
  try {
    const u = new URL(address, location.href);
    return u.origin === location.origin ? u.pathname + u.search + u.hash : null;
  } catch { return null; }
};

const problemIn = (headers, body) => {
  if (!/problem\+json/.test(headers['content-type'] || '')) return null;
  try { return JSON.parse(body); } catch { return null; }
};

// The words of a problem hold `names of the API` between backticks.
const marked = (text) => text.split('`').map((part, i) => (i % 2 ? h('code', { key: i }, part) : part));

const Problem = ({ problem, status }) => {
  const docs = local(problem.type);
  return h('div', { className: `callout ${status >= 500 ? 'err' : 'warn'}` }, icon('warn'), h('b', null, problem.title),
    h('p', null, marked([problem.detail, problem.action].filter(Boolean).join(' '))),
    (problem.errors || []).map((e, i) => h('p', { key: i }, h('code', null, e.pointer || e.parameter), ' ', e.detail)),
    docs ? h('div', { className: 'more' }, h('a', { className: 'link', href: docs }, t('What it means'), ': ', h('code', null, problem.code))) : null);
};

const Bar = ({ status, answered, duration, headers, logs }) => {
  const id = headers['request-id'];
  const outcome = answered
    ? [h('span', { key: 's', className: pill(status) }, status), h('b', { key: 'b' }, STATUS[status] || '')]
    : [h('span', { key: 's', className: pill(5) }, '—'), h('b', { key: 'b' }, t('The request did not reach the server.'))];
  return h('div', { className: 'answer-bar', role: 'status' },
    h('span', { className: 'answer-status' }, outcome),
    duration >= 0 && answered ? h('span', { className: 'num' }, `${duration} ms`) : null,
    limitLeft(headers),
    logs && REQUEST_ID.test(id || '') ? h('a', { className: 'link log', href: `${logs}/${id}`, title: id }, t('Open in request logs'), icon('out')) : null);
};

const Headers = ({ headers }) => h('details', { className: 'fold' },
  h('summary', null, icon('chevron'), t('Response headers'), h('span', { className: 'faint num' }, Object.keys(headers).length)),
  h('dl', { className: 'hdrs' }, Object.entries(headers).map(([k, v]) => [h('dt', { key: k }, k), h('dd', { key: `${k}=` }, v)])));

export const liveResponse = (logs) => ({ response, getComponent, getConfigs, specSelectors, path, method }) => {
  const sent = Object.entries(response.get('headers')?.toJS() || {});
  const headers = Object.fromEntries(sent.map(([k, v]) => [k.toLowerCase(), flat(v).join(', ')]));
  const status = response.get('status'), body = response.get('text');
  const answered = (status && headers['content-type'] !== undefined) || status === 204 || status === 304;
  const problem = problemIn(headers, body), ResponseBody = getComponent('responseBody');
  return h('div', { className: `answer${answered ? '' : ' failed'}` },
    h(Bar, { status, answered, duration: response.get('duration'), headers, logs }),
    problem && problem.title ? h(Problem, { problem, status }) : null,
    body && answered ? h(ResponseBody, { content: body, contentType: headers['content-type'], url: response.get('url'), headers, getConfigs, getComponent }) : null,
    answered ? h(Headers, { headers }) : null,
    h('details', { className: 'fold', open: true }, h('summary', null, icon('chevron'), 'cURL'),
      h(Curl, { request: specSelectors.requestFor(path, method), secured: needsToken(specSelectors.specJson(), path, method) })));
};
