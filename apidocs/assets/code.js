// Blocks of code and the cURL of a request.
import { CopyButton, R, h } from './elements.js';
import { t } from './words.js';

const JSON_RE = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)\b|([{}[\],])/g;
const SHELL_RE = /(^curl\b)|('(?:[^']|'\\'')*'|"(?:[^"\\]|\\.)*")/gm;
const MOST = 40000; // characters that are colored; more only costs time

const tokens = (code, language) => {
  const re = language === 'json' ? JSON_RE : language === 'bash' ? SHELL_RE : null;
  if (!re || code.length > MOST) return code;
  const out = [];
  let at = 0;
  for (const m of code.matchAll(re)) {
    if (m.index > at) out.push(code.slice(at, m.index));
    const json = language === 'json';
    const kind = json ? (m[1] ? (m[2] ? 'k' : 's') : m[3] ? 'd' : 'p') : m[1] ? 'k' : 's';
    out.push(h('span', { key: m.index, className: kind }, json && m[1] ? m[1] : m[0]));
    if (json && m[2]) out.push(m[2]);
    at = m.index + m[0].length;
  }
  out.push(code.slice(at));
  return out;
};

const Code = ({ code, language, label }) => {
  const ref = R.useRef(null), [scrolls, set] = R.useState(false);
  R.useLayoutEffect(() => {
    const el = ref.current;
    set(el.scrollHeight > el.clientHeight + 1 || el.scrollWidth > el.clientWidth + 1);
  }, [code]);
  return h('div', { className: 'code' },
    h('pre', { ref, ...(scrolls ? { tabIndex: 0, role: 'group', 'aria-label': label } : {}) }, tokens(code, language)),
    h(CopyButton, { text: code, label: `${t('Copy')}: ${label}` }));
};

const quote = (s) => (/^[\w:/.@%+,=~-]+$/.test(s) ? s : `'${String(s).replace(/'/g, `'\\''`)}'`);

// parts are the fields of a form; a file stands there by its name.
const parts = (body) => [...body.entries()].map(([k, v]) => `-F ${quote(v instanceof File ? `${k}=@${v.name};type=${v.type || 'application/octet-stream'}` : `${k}=${v}`)}`);

// The shell expands $WPP_TOKEN only between double quotes. The token is a word
// of this text: there is none in the page.
const curl = (request, secured) => {
  const method = request.get('method').toUpperCase(), body = request.get('body');
  const form = body?.entries && /^multipart\//i.test(request.getIn(['headers', 'Content-Type']) ?? '');
  const lines = [`curl ${method === (body ? 'POST' : 'GET') ? '' : `-X ${method} `}${quote(request.get('url'))}`];
  if (secured) lines.push('-H "Authorization: Bearer $WPP_TOKEN"');
  for (const [k, v] of (request.get('headers') || new Map()).entries()) {
    if (form && /^content-type$/i.test(k)) continue; // curl writes it, with the boundary
    if (!/^(accept|authorization|cookie)$/i.test(k)) lines.push(`-H ${quote(`${k}: ${v}`)}`);
  }
  if (form) lines.push(...parts(body));
  else if (body) lines.push(`-d ${quote(typeof body === 'string' ? body : JSON.stringify(body))}`);
  return lines.join(' \\\n  ');
};

export const Curl = ({ request, secured = true }) => h(Code, { code: curl(request, secured), language: 'bash', label: 'cURL' });

export const HighlightCode = ({ children, language, downloadable, className = '' }) => h('div', { className: `highlight ${className}` },
  h(Code, { code: String(children ?? ''), language: language || (/^\s*[[{]/.test(children) ? 'json' : null), label: t(downloadable ? 'Response body' : 'Example') }));
