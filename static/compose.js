// The form of a new message: after each change the server says again whether it
// would be sent, what the customer would see, and which call it is. A part is
// replaced only when its key changed, so that nobody loses a field while typing.
const form = document.getElementById('compose');
let turn = 0, waiting = 0;

async function check() {
  const mine = ++turn;
  const answer = await fetch(form.dataset.check, {
    method: 'POST', body: new URLSearchParams(new FormData(form)), headers: { 'Wpp-Fragment': '1' }, redirect: 'manual',
  }).catch(() => null);
  if (!answer?.ok || mine !== turn) return;
  const parts = document.createElement('template');
  parts.innerHTML = await answer.text();
  if (mine !== turn) return;
  for (const part of parts.content.querySelectorAll('[data-part]')) {
    const old = document.getElementById(part.dataset.part);
    const keyed = part.dataset.key !== undefined;
    if (!old || (keyed ? part.dataset.key === old.dataset.key : part.innerHTML.trim() === old.innerHTML.trim())) continue;
    if (keyed) old.dataset.key = part.dataset.key;
    old.replaceChildren(...part.childNodes);
    old.querySelectorAll('[data-copy]').forEach((b) => { b.hidden = false; });
    old.dispatchEvent(new Event('drawn', { bubbles: true }));
  }
}
form?.addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(check, 300); });
