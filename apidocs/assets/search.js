// Search over path, summary, operationId, method and group; accents do not
// matter, all words must be found.
import { t } from './words.js';

const plain = (s) => String(s || '').toLowerCase().normalize('NFD').replace(/[\u0300-\u036f]/g, '');

const matches = (filter, o, tag) => {
  if (!filter || filter === true) return true;
  const op = o.get('operation');
  const text = plain([o.get('path'), op.get('summary'), op.get('operationId'), o.get('method'), tag].join(' '));
  return plain(filter).split(/\s+/).every((w) => text.includes(w));
};

// The hook of Swagger UI's own filter, which knows tags only.
export const opsFilter = (tagged, phrase) => tagged
  .map((group, tag) => group.set('operations', group.get('operations').filter((o) => matches(phrase, o, tag))))
  .filter((group) => group.get('operations').size);

const DELAY = 60; // milliseconds after the last key

export const wireSearch = (ui, total, mount) => {
  const input = document.getElementById('api-q'), count = document.getElementById('api-count');
  let timer;
  const apply = () => {
    const v = input.value.trim(), sys = ui.getSystem();
    sys.layoutActions.updateFilter(v || false);
    const found = v ? sys.specSelectors.taggedOperations().reduce((n, x) => n + x.get('operations').size, 0) : total;
    if (!v) count.textContent = `${total} ${t(total === 1 ? 'operation' : 'operations')}`;
    else count.textContent = found ? `${found} ${t('of')} ${total} ${t('operations')}` : t('Nothing matches.');
  };
  const openFirst = () => {
    const first = mount.querySelector('.op-toggle');
    if (!first || !input.value) return;
    if (first.getAttribute('aria-expanded') === 'false') first.click();
    first.focus();
  };
  input.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(apply, DELAY); });
  input.addEventListener('keydown', (e) => {
    if (e.key === 'Escape' && input.value) {
      e.preventDefault(); e.stopPropagation();
      input.value = '';
      apply();
    }
    if (e.key === 'Enter') {
      e.preventDefault();
      clearTimeout(timer);
      apply();
      requestAnimationFrame(openFirst);
    }
  });
  if (input.value) apply();
};
