// React elements: build, walk, patch. React comes with the bundle of Swagger
// UI, so it is known only once Swagger UI has started (adopt).
import { t, words } from './words.js';

export let R, h, Im;
export const adopt = (system) => { R = system.React; h = R.createElement; Im = system.Im; };

const absent = (x) => x === null || x === undefined || x === false || x === '';
export const flat = (x) => (Array.isArray(x) ? x.flatMap(flat) : absent(x) ? [] : [x]);

// Rebuilds an element tree. visit.el may return another element, or null;
// visit.text another string.
export const walk = (node, visit) => {
  if (Array.isArray(node)) return node.map((n) => walk(n, visit));
  if (Im.Iterable && Im.Iterable.isIndexed(node)) return walk(node.toArray(), visit);
  if (typeof node === 'string') return visit.text ? visit.text(node) : node;
  if (!R.isValidElement(node)) return node;
  const el = visit.el ? visit.el(node) : node;
  if (!R.isValidElement(el)) return el;
  const kids = el.props.children;
  if (kids === undefined || typeof kids === 'function') return el;
  return R.cloneElement(el, { children: walk(kids, visit) });
};

export const retag = (el, type, props) => R.createElement(type, { ...el.props, key: el.key, ref: el.ref, ...props });
export const has = (el, name) => typeof el.props.className === 'string' && el.props.className.split(' ').includes(name);

// Wraps a class or function component: same behavior, its output goes through visit(props, instance).
export const patch = (visit = () => ({})) => (Original) => {
  if (Original.prototype && Original.prototype.isReactComponent) {
    return class extends Original {
      render() { return walk(super.render(), { text: words, ...visit(this.props, this) }); }
    };
  }
  const Patched = (props) => walk(Original(props), { text: words, ...visit(props) });
  Patched.defaultProps = Original.defaultProps;
  return Patched;
};

// The same for components that Swagger UI does not register by name.
const wrapped = new WeakMap();
export const deep = (type, wrap) => {
  if (!wrapped.has(type)) wrapped.set(type, wrap(type));
  return wrapped.get(type);
};

// For components that arrive inside an error boundary: wraps the one inside.
export const inside = (wrap) => patch(() => ({
  text: (s) => s,
  el: (el) => (typeof el.type === 'function' && !('targetName' in el.props) ? retag(el, deep(el.type, wrap)) : el),
}));

const ICONS = {
  chevron: 'M4 6l4 4 4-4',
  copy: 'M5.5 5.5h7v7h-7zM3.5 10.5v-7h7',
  info: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 7.5V11M8 5v.1',
  link: 'M6.75 9.25l2.5-2.5M7.5 4.75l1-1a2.65 2.65 0 0 1 3.75 3.75l-1 1M8.5 11.25l-1 1A2.65 2.65 0 0 1 3.75 8.5l1-1',
  out: 'M6 3.5H3.5v9h9V10M9 3.5h3.5V7M12.25 3.75 7.5 8.5',
  play: 'M5 3.25v9.5L12.75 8z',
  tick: 'M3.5 8.5l3 3 6-7',
  warn: 'M8 2.5l6 10.5H2zM8 6.5v3M8 11.4v.1',
};
export const icon = (name) => h('svg', { className: 'ico', viewBox: '0 0 16 16', 'aria-hidden': true }, h('path', { d: ICONS[name] }));

export const say = (text) => document.dispatchEvent(new CustomEvent('say', { detail: text }));

export const CopyButton = ({ text, label, name = 'copy', className = '' }) => {
  const [done, set] = R.useState(false);
  R.useEffect(() => {
    if (!done) return undefined;
    const timer = setTimeout(() => set(false), 2000);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = () => navigator.clipboard.writeText(typeof text === 'function' ? text() : text)
    .then(() => { set(true); say(t('Copied')); }, () => {});
  return h('button', { type: 'button', className: `btn ghost icon sm ${className}`, 'aria-label': label, title: label, onClick: copy }, icon(done ? 'tick' : name));
};
