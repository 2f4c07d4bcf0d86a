// Progressive enhancement for every page: copy, toast, theme, relative times,
// the one-time token. Each page is complete without it.
const $$ = (s, root = document) => [...root.querySelectorAll(s)];

// A line for the toast, from any module: document.dispatchEvent(new CustomEvent('say', {detail: 'Saved'})).
const toast = document.querySelector('.toast');
let hide = 0;
const say = (text) => {
  if (!toast || !text) return;
  toast.textContent = text;
  toast.classList.add('on');
  clearTimeout(hide);
  hide = setTimeout(() => toast.classList.remove('on'), 4000);
};
document.addEventListener('say', (e) => say(e.detail));
// A notice that came with the page is written again, so that screen readers announce it.
const flash = toast?.textContent.trim();
if (flash) { toast.textContent = ''; setTimeout(() => say(flash), 100); }

const tick = 'M3 8.5 6.5 12 13 4.5';
async function copy(button) {
  // The value is an element's text, so that a secret never stands in an attribute.
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText((source.value ?? source.textContent).trim());
  } catch {
    getSelection().selectAllChildren(source);
    return say(toast?.dataset.failed);
  }
  say(button.dataset.done);
  const path = button.querySelector('path');
  if (!path || path.getAttribute('d') === tick) return;
  const before = path.getAttribute('d');
  path.setAttribute('d', tick);
  setTimeout(() => path.setAttribute('d', before), 2000);
}

function toggleTheme(button) {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
  const form = button.form;
  form.elements.value.value = root.dataset.theme;
  fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)), redirect: 'manual' });
}

function download(button) {
  const text = button.dataset.before + document.getElementById(button.dataset.download).textContent.trim() + '\n';
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  link.download = button.dataset.name;
  link.click();
  URL.revokeObjectURL(link.href);
}

document.addEventListener('click', (e) => {
  const at = (s) => e.target.closest?.(s);
  let b;
  if ((b = at('[data-copy]'))) copy(b);
  else if ((b = at('[data-download]'))) download(b);
  else if ((b = at('[data-theme-toggle]'))) { e.preventDefault(); toggleTheme(b); }
});

// Controls that need scripts are hidden until now.
$$('[data-download], [data-copy]').forEach((b) => { b.hidden = false; });

// A submitted form shows that it is busy and is not sent twice.
document.addEventListener('submit', (e) => {
  if (e.defaultPrevented || e.target.method !== 'post') return;
  if (e.target.ariaBusy === 'true') return e.preventDefault();
  e.target.ariaBusy = 'true';
  if (e.submitter) e.submitter.ariaBusy = 'true';
});
addEventListener('pageshow', () => $$('[aria-busy="true"]').forEach((el) => { el.ariaBusy = null; }));

// A switch applies at once: it submits its form.
document.addEventListener('change', (e) => { if (e.target.matches('[data-submit]')) e.target.form.requestSubmit(); });

// One-time token: Done unlocks with the tick, and leaving before asks once. The
// question is armed by the first touch of the page: browsers ignore it before.
const stored = document.getElementById('stored');
if (stored) {
  const done = document.getElementById('stored-done');
  const leave = (e) => { removeEventListener('beforeunload', leave); if (!stored.checked) e.preventDefault(); };
  const arm = () => addEventListener('beforeunload', leave);
  for (const touch of ['click', 'keydown']) document.addEventListener(touch, arm, { once: true });
  const set = () => { done.ariaDisabled = String(!stored.checked); done.tabIndex = stored.checked ? 0 : -1; };
  stored.addEventListener('change', set);
  set();
}

// Relative times: the server writes the absolute one, which stays in the title.
const units = [['second', 60], ['minute', 60], ['hour', 24], ['day', 30], ['month', 12], ['year', Infinity]];
const rtf = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: 'auto' });
const relative = (then) => {
  let n = (then - Date.now()) / 1000;
  for (const [unit, size] of units) {
    if (Math.abs(n) < size) return rtf.format(Math.round(n), unit);
    n /= size;
  }
};
const times = (root = document) => $$('time[data-rel]', root).forEach((t) => { t.textContent = relative(new Date(t.dateTime)); });
times();
setInterval(times, 30e3);
document.addEventListener('drawn', (e) => times(e.target));

// A running clock: minutes and seconds since its time.
const clocks = $$('time[data-since]');
const run = () => clocks.forEach((t) => {
  if (t.hasAttribute('data-stopped')) return;
  const s = Math.max(0, Math.floor((Date.now() - new Date(t.dateTime)) / 1000));
  t.textContent = `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
});
if (clocks.length) { run(); setInterval(run, 1000); }
