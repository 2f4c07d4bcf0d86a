// The phone page, live: what the customer's screen shows comes as it changes,
// and answers are sent without leaving the page. Complete without this.
const device = document.querySelector('[data-phone]');
const chat = document.getElementById('phone-chat'), state = document.getElementById('phone-state'), presence = document.getElementById('phone-presence'), calls = document.getElementById('phone-calls');

function bottom() { chat.scrollTop = chat.scrollHeight; }

function put(el, html) {
  if (!el) return;
  // What the reader opened stays open.
  const open = [...el.querySelectorAll('details[open]')].map((d) => d.dataset.call ?? '');
  el.innerHTML = html;
  for (const d of el.querySelectorAll('details[data-call]')) d.open = open.includes(d.dataset.call);
  el.querySelectorAll('[data-copy]').forEach((b) => { b.hidden = false; });
  el.dispatchEvent(new Event('drawn', { bubbles: true }));
}

if (device) {
  bottom();
  const source = new EventSource(device.dataset.phone);
  source.addEventListener('chat', (e) => {
    const low = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 120;
    if (chat.contains(document.activeElement) && document.activeElement !== chat) chat.focus({ preventScroll: true });
    put(chat, e.data);
    if (low) bottom();
  });
  source.addEventListener('state', (e) => put(state, e.data));
  source.addEventListener('presence', (e) => put(presence, e.data));
  source.addEventListener('calls', (e) => put(calls, e.data));
  source.addEventListener('end', () => source.close());
  addEventListener('pagehide', () => source.close());
}

document.addEventListener('submit', async (e) => {
  const form = e.target;
  if (e.defaultPrevented || !form.matches('[data-phone-form]')) return;
  e.preventDefault();
  const body = new URLSearchParams(new FormData(form, e.submitter));
  const answer = await fetch(form.action, { method: 'POST', body, redirect: 'manual' }).catch(() => null);
  // What was taken redirects. The page says why something was not: send it the long way.
  if (answer?.type !== 'opaqueredirect') {
    if (e.submitter?.name) form.append(Object.assign(document.createElement('input'), { type: 'hidden', name: e.submitter.name, value: e.submitter.value }));
    return form.submit();
  }
  form.closest('[popover]')?.hidePopover();
  const text = form.querySelector('#ans, #att-t');
  if (text) { text.value = ''; if (text.id === 'ans') text.focus(); }
  bottom();
}, true);
