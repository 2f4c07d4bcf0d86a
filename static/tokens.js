// The token pages: presets and the summary of the form, and figures that keep
// themselves current. The server draws every word; this only asks for it again.
const form = document.querySelector('form[data-summary]');
let pending = 0;

async function redraw(el, url) {
  const answer = await fetch(url);
  if (!answer.ok || answer.redirected) return false;
  const part = document.createElement('template');
  part.innerHTML = await answer.text();
  el.replaceChildren(part.content);
  el.dispatchEvent(new Event('drawn', { bubbles: true }));
  return true;
}

function summary() {
  clearTimeout(pending);
  pending = setTimeout(() => {
    const query = new URLSearchParams(new FormData(form));
    query.delete('password');
    query.delete('nonce');
    redraw(document.getElementById(form.dataset.into), `${form.dataset.summary}?${query}`);
  }, 150);
}
form?.addEventListener('input', summary);

// A preset ticks its boxes in place; without scripts it is a link to the form filled in.
document.addEventListener('click', (e) => {
  const preset = e.target.closest?.('[data-scopes]');
  if (!preset) return;
  e.preventDefault();
  const scopes = preset.dataset.scopes.split(' ');
  const owner = preset.closest('form');
  owner.querySelectorAll('input[type=checkbox][name=scope]').forEach((box) => { box.checked = scopes.includes(box.value); });
  owner.dispatchEvent(new Event('input'));
});

// Writing a date means to use it.
document.addEventListener('input', (e) => {
  if (e.target.name !== 'date' || !e.target.value) return;
  const option = e.target.form.querySelector('input[name=expiry][value=date]');
  if (option) option.checked = true;
});

// data-refresh="URL": the content is asked for again every five seconds while it is seen.
for (const el of document.querySelectorAll('[data-refresh]')) {
  const timer = setInterval(async () => {
    if (document.hidden) return;
    const ok = await redraw(el, el.dataset.refresh).catch(() => true);
    if (!ok) clearInterval(timer);
  }, 5e3);
}
