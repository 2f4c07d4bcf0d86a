// Pages that keep themselves current: the server draws each part again and this
// puts it in place. A part with a key is replaced when its key changed; children
// with ids are compared one by one, so that focus, scrolling and what screen
// readers announce stay with what is new.
function place(html) {
  const parts = document.createElement('template');
  parts.innerHTML = html;
  for (const part of parts.content.querySelectorAll('[data-part]')) {
    const old = document.getElementById(part.dataset.part);
    if (!old) continue;
    if (part.dataset.key !== undefined) {
      if (part.dataset.key === old.dataset.key) continue;
      old.dataset.key = part.dataset.key;
    }
    const log = old.closest('[role=log]'), end = log && log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    if (!swap(old, part)) continue;
    old.querySelectorAll('[data-copy]').forEach((b) => { b.hidden = false; });
    old.dispatchEvent(new Event('drawn', { bubbles: true }));
    if (end) log.scrollTop = log.scrollHeight;
  }
}

// swap makes the children of old those of fresh, and tells whether anything changed.
function swap(old, fresh) {
  const keyed = [...fresh.children].length > 0 && [...fresh.children].every((c) => c.id);
  if (!keyed) {
    if (old.innerHTML.trim() === fresh.innerHTML.trim() || old.contains(document.activeElement) || old.querySelector(':popover-open')) return false;
    old.replaceChildren(...fresh.childNodes);
    return true;
  }
  let changed = false, at = null;
  const ids = new Set([...fresh.children].map((c) => c.id));
  for (const c of [...old.children]) if (!ids.has(c.id)) { c.remove(); changed = true; }
  for (const c of [...fresh.children]) {
    const same = old.querySelector(`:scope > #${CSS.escape(c.id)}`);
    let now = same;
    if (!same || (!same.isEqualNode(c) && !same.contains(document.activeElement))) {
      now = c;
      if (same) same.replaceWith(c);
      changed = true;
    }
    if ((at ? at.nextElementSibling : old.firstElementChild) !== now) { if (at) at.after(now); else old.prepend(now); changed = true; }
    at = now;
  }
  return changed;
}

async function ask(url, body) {
  const answer = await fetch(url, { method: body ? 'POST' : 'GET', body, headers: { 'Wpp-Fragment': '1' }, redirect: 'manual' }).catch(() => null);
  return answer?.ok ? answer.text() : null;
}

// A form that asks after each change what sending it would do: a message, an
// automation.
const form = document.querySelector('form[data-check]');
let turn = 0, waiting = 0, uploading = false, missed = false;
async function check() {
  if (uploading) { missed = true; return; }
  const mine = ++turn, data = new FormData(form), file = form.elements.upload;
  uploading = file?.files.length > 0; // it goes along once; its id is then in the form
  if (!uploading) data.delete('upload');
  const html = await ask(form.dataset.check, uploading ? data : new URLSearchParams(data));
  if (html !== null && mine === turn) place(html);
  if (uploading && html !== null) file.value = '';
  const again = uploading && missed && html !== null;
  uploading = missed = false;
  if (again) check();
}
if (form) document.addEventListener('input', (e) => { if (e.target.form === form) { clearTimeout(waiting); waiting = setTimeout(check, 300); } });

// A choice that decides about other fields: data-fields="URL of the fields, without the value".
for (const select of document.querySelectorAll('select[data-fields]')) {
  select.addEventListener('change', async () => {
    const html = await ask(select.dataset.fields + encodeURIComponent(select.value));
    if (html !== null) place(html);
  });
}

// data-fresh="URL": the parts of the page are asked for again while somebody looks.
const fresh = document.querySelector('[data-fresh]');
if (fresh) {
  let busy = false;
  setInterval(async () => {
    if (document.hidden || busy) return;
    busy = true;
    const html = await ask(fresh.dataset.fresh);
    if (html !== null) place(html);
    busy = false;
  }, 3e3);
}

// A thread is read from its end.
const log = document.querySelector('.thread [role=log]');
if (log) log.scrollTop = log.scrollHeight;
