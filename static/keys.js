// Keyboard and command palette. Chords are read from data-key of the links in
// the page, so a page the reader may not open has no chord.
const $ = (s, root = document) => root.querySelector(s);
const $$ = (s, root = document) => [...root.querySelectorAll(s)];
const palette = $('#cmd'), list = $('#cmd-list'), input = $('#cmd input[name=q]');

if (/Mac|iPhone|iPad/.test(navigator.platform)) $$('[data-mac]').forEach((k) => { k.textContent = k.dataset.mac; });

// Palette ------------------------------------------------------------------
const start = list?.innerHTML;
let asked = 0, waiting = 0, answered = '';
const options = () => $$('[role=option]', list);
function mark(option) {
  for (const o of options()) { o.ariaSelected = String(o === option); o.toggleAttribute('data-active', o === option); }
  if (option) { input.setAttribute('aria-activedescendant', option.id); option.scrollIntoView({ block: 'nearest' }); } else input.removeAttribute('aria-activedescendant');
}
function draw(html, query) { answered = query; list.innerHTML = html; mark(options()[0]); }
async function ask() {
  const turn = ++asked, typed = input.value.trim();
  if (!typed) return draw(start, '');
  const query = new URLSearchParams(new FormData(input.form));
  const answer = await fetch(`${input.form.action}?${query}`, { headers: { 'Wpp-Fragment': '1' }, redirect: 'manual' }).catch(() => null);
  if (answer?.ok && turn === asked) draw(await answer.text(), typed);
}
input?.addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(ask, 120); });
input?.addEventListener('keydown', (e) => {
  const all = options(), i = all.findIndex((o) => o.hasAttribute('data-active'));
  if (e.key !== 'ArrowDown' && e.key !== 'ArrowUp') return;
  e.preventDefault();
  mark(all[(i + (e.key === 'ArrowDown' ? 1 : -1) + all.length) % all.length]);
});
palette?.addEventListener('toggle', (e) => {
  if (e.newState === 'open') { input.select(); mark(options()[0]); }
});
input?.form.addEventListener('submit', async (e) => {
  e.preventDefault();
  clearTimeout(waiting);
  if (input.value.trim() !== answered) await ask();
  const option = $('[data-active]', list);
  if (option) option.click(); else input.form.submit();
});

// Keys -----------------------------------------------------------------------
let single = true;
try { single = localStorage.getItem('wpp.keys') !== 'off'; } catch { /* storage is closed: the keys stay on */ }
const toggle = $('[data-keys]');
if (toggle) {
  const box = $('input', toggle);
  toggle.hidden = false;
  box.checked = single;
  box.addEventListener('change', () => {
    single = box.checked;
    try { localStorage.setItem('wpp.keys', single ? 'on' : 'off'); } catch { /* for this page only */ }
  });
}

function step(by) {
  const rows = $$('.row-link'), i = rows.indexOf(document.activeElement);
  const at = i < 0 ? rows.findIndex((r) => r.getAttribute('aria-current')) : i;
  rows[Math.max(0, Math.min(rows.length - 1, at + by))]?.focus();
}
const keys = {
  '/': () => $('main input[type=search]')?.focus(),
  '?': () => $('#keys')?.togglePopover(),
  j: () => step(1),
  k: () => step(-1),
};
let before = '';
addEventListener('keydown', (e) => {
  if ((e.metaKey || e.ctrlKey) && !e.altKey && e.key.toLowerCase() === 'k' && palette) {
    e.preventDefault();
    palette.togglePopover();
    return;
  }
  if (e.metaKey || e.ctrlKey || e.altKey || e.target.closest?.('input, textarea, select, [contenteditable]')) return;
  if (e.key === 'Escape' && !$(':popover-open')) return $('[data-close]')?.click();
  if (!single || $(':popover-open')) return;
  const chord = before && $(`[data-key="${before} ${CSS.escape(e.key)}"]`);
  const press = !before && $(`[data-press="${CSS.escape(e.key)}"]`); // of this page alone
  before = '';
  if (chord) { e.preventDefault(); return chord.click(); }
  if (press) { e.preventDefault(); return press.matches('textarea') ? press.focus() : press.click(); }
  if (keys[e.key]) { e.preventDefault(); return keys[e.key](); }
  if (e.key === 'g' || e.key === 'c') before = e.key;
});

// Back from a detail (#row-…), the row that was open has the focus again.
if (location.hash.startsWith('#row-')) document.getElementById(location.hash.slice(1))?.querySelector('.row-link')?.focus();
