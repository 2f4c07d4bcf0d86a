// What is replaced and patched in Swagger UI, by the name of its component.
// A patch leans on class names of the version in the module; when one changes,
// the look or a label falls back to Swagger UI's, nothing breaks.
import { liveResponse } from './answer.js';
import { Curl, HighlightCode } from './code.js';
import { resolve } from './document.js';
import { R, adopt, deep, flat, h, has, icon, inside, patch, retag, walk } from './elements.js';
import { OpMeta, OperationSummary, OperationTag, PortalLayout, Prefilled, Tabs, TryItOutButton, hashOf, pill } from './operation.js';
import { opsFilter } from './search.js';
import { t, words } from './words.js';

const nothing = () => () => null;
const instead = (Component) => () => Component;

// A table used for layout becomes blocks, which stack on a phone.
const BLOCKS = ['table', 'tbody', 'tr', 'td'];
const untable = (classes) => (el) => {
  if (el.type === 'thead') return null;
  if (!BLOCKS.includes(el.type)) return el;
  const { role, 'aria-live': live, ...props } = el.props;
  const own = props.className === 'parameters' && el.type === 'table' ? null : props.className;
  return h('div', { ...props, key: el.key, className: flat([own, classes[el.type]]).join(' ') || undefined });
};

const textOf = (el) => flat(el.props.children).join('').replace(/[()$]/g, '');
const GENERATED = /^<i>(Available values|Default value|Example)<\/i> : ([^]*)$/;
const NOTES = { 'Available values': 'Values', 'Default value': 'Default', Example: 'Example' };

const parameter = (el) => {
  if (has(el, 'parameter__name')) {
    return h('div', { key: el.key, className: 'parameter__name' },
      h('code', null, flat(el.props.children).filter((c) => typeof c === 'string')),
      has(el, 'required') ? h('span', { className: 'req' }, t('required')) : null);
  }
  if (has(el, 'parameter__in')) return h('span', { key: el.key, className: 'faint' }, textOf(el));
  if (has(el, 'parameter__deprecated') && !flat(el.props.children).length) return null;
  if (has(el, 'parameter__type') || has(el, 'parameter__deprecated')) return retag(el, 'span');
  if (has(el, 'prop-format')) return h('span', { key: el.key }, ` · ${textOf(el)}`);
  const note = typeof el.props.source === 'string' && GENERATED.exec(el.props.source);
  if (!note) return el;
  const values = note[1] === 'Example' ? [note[2]] : note[2].split(', ');
  return R.cloneElement(el, { source: `${t(NOTES[note[1]])} ${values.map((v) => `\`${v}\``).join(' ')}` });
};

// Controls get the names that their labels do not give them.
const labelled = (props) => ({
  el: (el) => {
    const name = [props.description, ...(props.at !== undefined ? [props.at + 1] : [])].join(' ');
    if (el.props.debounceTimeout || el.props.allowedValues) return R.cloneElement(el, { 'aria-label': name || t('Value'), placeholder: undefined });
    if (typeof el.type === 'function' && 'errors' in el.props && 'value' in el.props && !el.props.allowedValues) {
      return retag(el, deep(el.type, patch(labelled)), { description: props.description });
    }
    const button = { type: 'button' };
    if (has(el, 'json-schema-form-item-remove')) return R.cloneElement(el, { ...button, className: 'btn ghost sm json-schema-form-item-remove', 'aria-label': `${t('Remove')} ${name}`, children: t('Remove') });
    if (has(el, 'json-schema-form-item-add')) return R.cloneElement(el, { ...button, className: 'btn sm json-schema-form-item-add', children: t('Add item') });
    return el;
  },
});

const CORRECT = 'Please correct the following validation errors and try again.';
const operation = (page) => (props) => ({
  el: (el) => {
    const op = props.operation;
    if (has(el, 'opblock-body')) {
      const filled = page.filled && page.filled.operationId === op.get('operationId');
      return R.cloneElement(el, { children: [
        h(OpMeta, { key: 'meta', doc: props.specSelectors.specJson(), operation: op, logs: page.logs }),
        filled ? h(Prefilled, { key: 'filled', p: page.filled, logs: page.logs }) : null,
        ...flat(el.props.children)] });
    }
    if (has(el, 'opblock-loading-animation')) return null;
    if (has(el, 'loading-container')) return h('p', { key: el.key, role: 'status', className: 'faint' }, t('Sending…'));
    if (has(el, 'opblock-title_normal')) return h('p', { key: el.key, className: 'gone-note' }, el.props.children);
    if (!has(el, 'validation-errors')) return el;
    const lists = flat(el.props.children).filter((c) => c.type === 'ul');
    return h('div', { key: el.key, role: 'alert', className: 'callout err' }, icon('warn'), h('b', null, t(CORRECT)), lists.map((c) => h('ul', { key: 'ul' }, c.props.children)));
  },
});

const parameters = () => ({
  el: (el) => {
    if (has(el, 'tab-item')) { const { onClick, ...props } = el.props; return h('div', { ...props, key: el.key }); }
    if (el.type === 'label') return h('div', { key: el.key, className: 'ctype' }, el.props.children); // its id is the select's too
    if (el.type === 'h4') return h('h4', { key: el.key, className: 'opblock-title' }, has(el, 'parameter__name') ? t('Request body') : el.props.children);
    return untable({ table: 'params' })(el);
  },
});

const responses = (props) => ({
  el: (el) => {
    const answered = props.tryItOutResponse;
    if (answered && has(el, 'opblock-section-header')) return h('div', { key: el.key, className: 'opblock-section-header' }, h('h4', null, t('Server response')));
    if (answered && el.type === 'h4' && el.props.children === 'Responses') return h('h4', { key: el.key, className: 'documented' }, t('Documented responses'));
    return untable({ table: 'resps' })(el);
  },
});

// A documented answer: closed ones are not rendered at all.
const response = (Original) => class extends Original {
  constructor(props, context) { super(props, context); this.state = { ...this.state, open: /^2/.test(props.code) }; }

  inner() {
    const cells = flat(super.render().props.children);
    const kids = flat(cells.find((c) => has(c, 'response-col_description')).props.children).slice(1);
    return walk(kids, { text: words, el: (el) => {
      if (has(el, 'response-control-media-type__accept-message')) return null;
      return el.props.showLabels === false ? R.cloneElement(el, { label: t('Examples') }) : el;
    } });
  }

  render() {
    const { code, response: r, className, getComponent } = this.props, { open } = this.state;
    const head = [
      h('span', { key: 'c', className: pill(code) }, code),
      h('span', { key: 'd', className: 'resp-desc' }, h(getComponent('Markdown', true), { source: r.get('description') }))];
    const cls = `resp${/current/.test(className) ? ' current' : ''}`;
    if (!r.get('content') && !r.get('headers')) return h('div', { className: `${cls} flat` }, head);
    const onToggle = (e) => { const now = e.currentTarget.open; if (now !== open) this.setState({ open: now }); };
    return h('details', { className: cls, open, onToggle },
      h('summary', null, icon('chevron'), head), open ? h('div', { className: 'resp-body' }, ...this.inner()) : null);
  }
};

const headers = () => ({
  el: (el) => {
    if (el.type === 'h4') return retag(el, 'h5');
    if (el.type === 'th') return retag(el, 'th', { scope: 'col' });
    return el.type === 'table' ? retag(el, 'table', { className: 'tbl hdr' }) : el;
  },
});

const example = () => ({
  el: (el) => (has(el, 'example__section-header') ? null : el.type === 'p' ? retag(el, 'div', { className: 'faint' }) : el),
});

// aria-disabled in place of disabled: the focus is not lost while sending.
const execute = (props, self) => ({
  el: (el) => (el.type !== 'button' ? el : h('button', {
    type: 'button', className: 'btn primary execute', 'aria-disabled': props.disabled || undefined,
    'aria-keyshortcuts': 'Control+Enter Meta+Enter', onClick: props.disabled ? undefined : self.onClick,
  }, t('Execute'))),
});

// One media type is nothing to choose.
const contentType = (Original) => class extends Original {
  render() {
    const { contentTypes, ariaLabel } = this.props;
    const n = contentTypes?.size ?? contentTypes?.count() ?? 0;
    if (!n) return null;
    if (n === 1) return h('code', { className: 'ctype-one' }, contentTypes.first());
    const label = t(ariaLabel === 'Media Type' ? 'Media type' : ariaLabel);
    return walk(super.render(), { el: (el) => (el.type === 'select' ? R.cloneElement(el, { className: 'select', 'aria-label': label, 'aria-controls': undefined }) : el) });
  }
};

const select = (props) => ({
  text: (s) => (s === '--' ? t('Not sent') : s),
  el: (el) => (el.type === 'select' ? R.cloneElement(el, { className: flat(['select', props.className]).join(' '), 'aria-label': props['aria-label'] || t('Value') }) : el),
});

// Swagger UI gives every parameter's box the same id.
const includeEmpty = (Original) => class extends Original {
  render() {
    return walk(super.render(), { text: words, el: (el) => {
      if (el.type === 'label') return R.cloneElement(el, { htmlFor: undefined, className: 'tick' });
      return el.type === 'input' ? R.cloneElement(el, { id: undefined }) : el;
    } });
  }
};

const Input = (props) => h('input', { ...props, 'aria-label': props['aria-label'] || t('Value') });
const TextArea = (props) => h('textarea', {
  spellCheck: false, autoComplete: 'off', 'aria-label': t('Request body'),
  rows: Math.min(22, Math.max(4, String(props.value || '').split('\n').length)), ...props, title: props.title || undefined,
});

const isIcon = (el) => typeof el.type === 'function' && /Icon/.test(el.type.displayName || el.type.name || '');
const schemas = () => ({
  el: (el) => {
    if (el.type === 'h4') return retag(el, 'h2');
    if (has(el, 'models')) return R.cloneElement(el, { className: `${el.props.className} op-tag` });
    return isIcon(el) ? icon('chevron') : el;
  },
});

// Swagger UI: no aria-expanded, and no name where the schema has none.
const Accordion = ({ expanded = false, children, onChange }) => {
  const p = children && children.props, nameless = p && 'schema' in p && !p.title && !(p.schema && p.schema.title);
  return h('button', { type: 'button', className: 'js-acc', 'aria-expanded': expanded, onClick: (e) => onChange(e, !expanded) },
    icon('chevron'), nameless ? h('span', { className: 'faint' }, t('Schema')) : children);
};
const ExpandDeep = ({ expanded, onClick }) => h('button', { type: 'button', className: 'js-deep', onClick: (e) => onClick(e, !expanded) }, t(expanded ? 'Collapse all' : 'Expand all'));

const schemaWords = ['OneOf', 'AnyOf', 'AllOf', 'Items', 'ReadOnly', 'AdditionalProperties'].map((k) => [`JSONSchema202012Keyword${k}`, patch()]);
const schemaControls = ['string', 'boolean', 'array', 'object'].map((k) => [`JsonSchema_${k}`, patch(labelled)]);

const components = (page) => ({
  OperationSummary: instead(OperationSummary),
  OperationTag: instead(OperationTag),
  TryItOutButton: instead(TryItOutButton),
  OperationServers: nothing,
  authorizeOperationBtn: nothing,
  modelExample: instead(Tabs),
  liveResponse: instead(liveResponse(page.logs)),
  curl: instead(Curl),
  HighlightCode: instead(HighlightCode),
  Input: instead(Input),
  TextArea: instead(TextArea),
  ArrowUpIcon: () => () => icon('chevron'),
  ArrowDownIcon: () => () => icon('chevron'),
  JSONSchema202012Accordion: instead(Accordion),
  JSONSchema202012ExpandDeepButton: instead(ExpandDeep),

  operation: inside(patch(operation(page))),
  parameters: inside(patch(parameters)),
  responses: inside(patch(responses)),
  parameterRow: patch(() => ({ el: (el) => parameter(untable({ tr: 'param' })(el) || el) })),
  RequestBody: patch(() => ({ el: (el) => { const b = untable({ table: 'params', tr: 'param' })(el); return b && parameter(b); } })),
  response,
  responseBody: patch(() => ({ el: (el) => (el.type === 'h5' ? null : el) })),
  headers: patch(headers),
  Example: patch(example),
  ExamplesSelect: patch(() => ({ el: (el) => (el.type === 'select' ? R.cloneElement(el, { 'aria-label': t('Examples'), className: 'select' }) : el) })),
  execute: patch(execute),
  clear: patch(() => ({ el: (el) => (el.type === 'button' ? retag(el, 'button', { type: 'button', className: 'btn ghost' }) : el) })),
  contentType,
  Select: patch(select),
  ParameterIncludeEmpty: includeEmpty,
  OAS31Models: patch(schemas),
  JSONSchema202012KeywordTitle: patch(() => ({ text: (s) => s, el: (el) => retag(el, 'span') })),
  ...Object.fromEntries([...schemaWords, ...schemaControls]),
});

// Deep links of our own: no history entry for each click, the query is kept.
const show = (original) => (thing, shown = true) => {
  const [type, , id] = [].concat(thing);
  if (type === 'operations' && id) history.replaceState(null, '', location.pathname + location.search + (shown ? hashOf(id) : ''));
  return original(thing, shown);
};

// Swagger UI's own resolver takes seconds for a document of this size.
const resolveSubtree = (original, sys) => (path) => sys.specActions.updateResolvedSubtree(path, resolve(sys.specSelectors.specJson().toJS(), path));

// page: logs (address of the request log, '' for a reader without it) and
// filled (the past request that an operation was filled from, or null).
export const plugin = (page) => (system) => {
  adopt(system);
  return {
    components: { PortalLayout },
    fn: { opsFilter },
    statePlugins: {
      spec: { wrapActions: { requestResolvedSubtree: resolveSubtree } },
      layout: { wrapActions: { show } },
    },
    wrapComponents: components(page),
  };
};
