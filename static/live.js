// Live parts, by server-sent events. An element with data-stream="URL" listens:
//   event "swap"  its content becomes the fragment that came (a listener turns "received")
//                 with data-then="URL", the parts of that page are drawn again
//   event "row"   the fragment goes on top of the element named by data-rows
// Rows that come while the reader is further down, or has paused, wait behind
// the button [data-more]; their number is announced at most every ten seconds.
const $ = (s, root = document) => root.querySelector(s);

function fragment(html) {
  const t = document.createElement('template');
  t.innerHTML = html;
  return t.content;
}
function drawn(el) { el.dispatchEvent(new Event('drawn', { bubbles: true })); }

async function parts(url) {
  const answer = await fetch(url, { headers: { 'Wpp-Fragment': '1' }, redirect: 'manual' }).catch(() => null);
  if (!answer?.ok) return;
  for (const part of fragment(await answer.text()).querySelectorAll('[data-part]')) document.getElementById(part.dataset.part)?.replaceChildren(...part.childNodes);
}

function rows(el) {
  const body = document.getElementById(el.dataset.rows), more = $('[data-more]'), pause = $('[data-pause]');
  const word = more && $('[data-count]', more), state = pause?.closest('label')?.querySelector('[data-state]');
  const limit = Number(el.dataset.limit) || 200;
  let held = [], announced = 0;
  const paused = () => pause && !pause.checked;
  const show = () => {
    body.prepend(...held.reverse().map(fragment));
    held = [];
    while (body.children.length > limit) body.lastElementChild.remove();
    if (more) more.hidden = true;
    drawn(body);
  };
  const count = () => {
    if (word) word.textContent = held.length;
    if (more) more.hidden = held.length === 0;
    const status = $('[data-announce]');
    if (status && more && held.length && Date.now() - announced > 10e3) { announced = Date.now(); status.textContent = more.textContent; }
  };
  const label = () => { if (state) state.textContent = paused() ? state.dataset.off : state.dataset.on; state?.classList.toggle('live', !paused()); };
  more?.addEventListener('click', () => { show(); scrollTo({ top: 0 }); });
  pause?.addEventListener('change', () => { label(); if (!paused() && scrollY < 80) show(); });
  if (pause) pause.closest('label').hidden = false;
  label();
  return (html) => {
    held.push(html);
    if (paused() || scrollY > 80) count(); else show();
  };
}

for (const el of document.querySelectorAll('[data-stream]')) {
  const source = new EventSource(el.dataset.stream);
  const add = el.dataset.rows && rows(el);
  if (add) source.addEventListener('row', (e) => add(e.data));
  source.addEventListener('swap', (e) => {
    el.replaceChildren(fragment(e.data));
    document.querySelectorAll('time[data-since]').forEach((t) => t.setAttribute('data-stopped', ''));
    drawn(el);
    source.close();
    if (el.dataset.then) parts(el.dataset.then);
  });
  source.addEventListener('end', () => source.close());
  addEventListener('pagehide', () => source.close());
}
