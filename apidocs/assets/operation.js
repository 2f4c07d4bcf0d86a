// The list of operations and the head of each: real headings around one
// button, in place of Swagger UI's nested ones.
import { CopyButton, Im, R, flat, h, icon } from './elements.js';
import { StartButton, trying } from './grant.js';
import { t } from './words.js';

// Only the operation's id: the name of its group is another one in another language.
export const hashOf = (id) => `#/op/${encodeURIComponent(id)}`;
export const pill = (status) => `code-pill s${String(status)[0]}`;

// A long path may break before each slash.
const breakable = (path) => path.split(/(?=\/)/).flatMap((part, i) => (i ? [h('wbr', { key: i }), part] : [part]));

export const OperationSummary = ({ operationProps, isShown, toggleShown }) => {
  const { method, path, summary, operationId, deprecated } = operationProps.toObject();
  const link = () => location.origin + location.pathname + hashOf(operationId);
  return h('div', { className: 'op-head' },
    h('h3', null, h('button', { type: 'button', className: 'op-toggle', id: `op-${operationId}`, 'aria-expanded': isShown, onClick: toggleShown },
      h('span', { className: `op-method m-${method}` }, method.toUpperCase()),
      h('span', { className: `op-path${deprecated ? ' gone' : ''}` }, breakable(path)),
      h('span', { className: 'op-sum' }, summary),
      icon('chevron'))),
    h(CopyButton, { className: 'op-link', name: 'link', text: link, label: `${t('Copy link')}: ${operationId}` }));
};

export const OperationTag = ({ tagObj, tag, children, layoutSelectors, layoutActions, getConfigs, getComponent }) => {
  const key = ['operations-tag', tag], filter = layoutSelectors.currentFilter();
  const shown = !!filter || layoutSelectors.isShown(key, getConfigs().docExpansion !== 'none');
  const about = tagObj.getIn(['tagDetails', 'description']), Markdown = getComponent('Markdown', true);
  const id = `tag-${tag.replace(/\W+/g, '-')}`;
  return h('section', { className: 'op-tag', 'aria-labelledby': id },
    h('div', { className: 'op-tag-head' },
      h('h2', { id }, h('button', { type: 'button', 'aria-expanded': shown, onClick: () => layoutActions.show(key, !shown) }, icon('chevron'), tag)),
      about ? h(Markdown, { source: about }) : null),
    shown ? children : null);
};

export const PortalLayout = ({ specSelectors, layoutSelectors, getComponent }) => {
  if (specSelectors.loadingStatus() !== 'success') return null;
  const Operations = getComponent('operations', true), Models = getComponent('Models', true);
  const filter = layoutSelectors.currentFilter();
  const none = filter && !specSelectors.taggedOperations().size;
  return h('div', { className: 'swagger-ui' }, none ? null : h(Operations, { filter }), filter ? null : h(Models));
};

export const TryItOutButton = ({ enabled, onTryoutClick, onCancelClick, onResetClick, hasUserEditedBody, isOAS3 }) => {
  if (!trying() && !enabled) return h('div', { className: 'try-out' }, h(StartButton));
  return h('div', { className: 'try-out' },
    isOAS3 && hasUserEditedBody ? h('button', { type: 'button', className: 'btn ghost sm', onClick: onResetClick }, t('Reset')) : null,
    h('button', { type: 'button', className: 'btn sm try-out__btn', onClick: enabled ? onCancelClick : onTryoutClick },
      enabled ? null : icon('play'), t(enabled ? 'Cancel' : 'Try it out')));
};

const STEP = { ArrowRight: 1, ArrowLeft: -1 };

// Example and schema of a body, as tabs that the arrow keys move between.
export const Tabs = (props) => {
  const { schema, example, isExecute = false, specPath, includeWriteOnly = false, includeReadOnly = false, getComponent, getConfigs, specSelectors } = props;
  const id = R.useId(), [tab, setTab] = R.useState('example'), refs = R.useRef({});
  const ModelWrapper = getComponent('ModelWrapper');
  const names = schema ? ['example', 'schema'] : ['example'], now = schema ? tab : 'example', many = names.length > 1;
  const onKeyDown = (e) => {
    if (!STEP[e.key]) return;
    e.preventDefault();
    const next = names[(names.indexOf(now) + STEP[e.key] + names.length) % names.length];
    setTab(next);
    refs.current[next].focus();
  };
  const word = { schema: t('Schema'), example: t(isExecute ? 'Edit value' : 'Example') };
  const button = (n) => h('button', {
    key: n, type: 'button', role: 'tab', ref: (el) => { refs.current[n] = el; }, id: `${id}${n}`, 'aria-selected': now === n,
    'aria-controls': now === n ? `${id}panel` : undefined, tabIndex: now === n ? 0 : -1, onClick: () => setTab(n),
  }, word[n]);
  const model = () => h(ModelWrapper, { schema, getComponent, getConfigs, specSelectors, expandDepth: getConfigs().defaultModelExpandDepth, specPath, includeReadOnly, includeWriteOnly });
  return h('div', { className: 'model-example' },
    many ? h('div', { className: 'tabs-sm', role: 'tablist', 'aria-label': t('Example or schema'), onKeyDown }, names.map(button)) : null,
    h('div', many ? { role: 'tabpanel', id: `${id}panel`, 'aria-labelledby': `${id}${now}` } : null, now === 'example' ? example : model()));
};

const tags = (values) => flat(values).map((v) => h('span', { key: v, className: 'tag' }, v));

// What a caller needs for the operation: its scope, its name, its past calls.
export const OpMeta = ({ doc, operation, logs }) => {
  const path = operation.get('path'), scope = doc.getIn(['paths', path, operation.get('method'), 'x-scope']);
  return h('p', { className: 'op-meta' },
    scope ? h('span', null, h('span', { className: 'faint' }, t('Scope'), ' '), tags(scope)) : h('span', { className: 'faint' }, t('No token needed')),
    h('span', null, h('span', { className: 'faint' }, t('Operation'), ' '), tags(operation.get('operationId'))),
    logs ? h('a', { className: 'link', href: `${logs}?env=test&path=${encodeURIComponent(path.split('{')[0])}` }, t('See its requests')) : null);
};

// Says where the values of a filled-in operation come from.
export const Prefilled = ({ p, logs }) => p.type ? h('div', { className: 'callout tip' }, icon('info'),
  h('b', null, t('Filled in with the example of'), ' ', h('code', null, p.type)),
  h('p', null, t('Your tester’s number, the time of now and an id of its own stand in it. Your automations answer it in the simulator.'))) : h('div', { className: 'callout tip' }, icon('info'),
  h('b', null, t('Filled in from'), ' ', h('code', null, p.id), ' ', h('span', { className: pill(p.status) }, p.status)),
  p.places.length ? h('p', null, t('Masked in the log. Your tester’s number and the samples of this document stand in their place:'), ' ',
    p.places.map((m, i) => [i ? ', ' : '', h('code', { key: m }, m)])) : null,
  p.renewed ? h('p', null, t('Its times are moved to now and its external_id is new: it counts as another event.')) : null,
  p.bodyLost ? h('p', null, t('A body was not kept; this is the documented example.')) : null,
  logs ? h('div', { className: 'more' }, h('a', { className: 'link', href: `${logs}/${p.id}` }, t('Open in request logs'))) : null);

export const needsToken = (doc, path, method) => {
  const need = doc.getIn(['paths', path, method, 'security']) || doc.get('security') || Im.List();
  return need.size > 0 && !need.first().isEmpty();
};
