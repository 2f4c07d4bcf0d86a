// The bar that says whether calls may be made: what it shows is drawn by the
// server, this module counts down and notices the end.
import { t } from './words.js';
import { h, icon } from './elements.js';

const bar = document.getElementById('console');
const form = document.getElementById('console-start');
const clock = bar?.querySelector('[data-clock]');
const expires = bar?.dataset.expires ? Date.parse(bar.dataset.expires) : 0;
let over = false;

export const trying = () => !over && Date.now() < expires;

export const end = () => {
  if (over || !expires) return;
  over = true;
  for (const el of bar.querySelectorAll('[data-while]')) el.hidden = el.dataset.while !== 'ended';
  bar.dataset.state = 'ended';
};

const tick = () => {
  const left = Math.ceil((expires - Date.now()) / 1000);
  if (left <= 0) return end();
  clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
  return setTimeout(tick, 1000);
};
if (clock && expires) tick();

// The form goes to the server and comes back to the operation that was open.
const start = () => {
  form.action += location.hash;
  form.requestSubmit();
};
form?.addEventListener('submit', () => { if (!form.action.includes('#')) form.action += location.hash; });

// What stands in place of Try it out while no call may be made.
export const StartButton = () => {
  if (form) return h('button', { type: 'button', className: 'btn sm', onClick: start }, icon('play'), t('Start trying'));
  const login = bar?.dataset.login;
  if (!login) return null;
  const href = `${login}?next=${encodeURIComponent(location.pathname + location.search + location.hash)}`;
  return h('a', { className: 'btn sm', href }, t('Sign in to try'));
};
