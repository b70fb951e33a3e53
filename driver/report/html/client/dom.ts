import type { ReportFile } from '../report-data.js';

type Child = Node | string | undefined | false;
type Attributes = Record<string, string | number | boolean | undefined | (() => void)>;

/**
 * Makes an element. Text stays text: nothing here, or in any other module, is ever read as HTML.
 * @param attributes functions are listeners of the event they are named after
 */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: (Child | Child[])[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  furnish(element, attributes, children);
  return element;
}

/** The same for SVG. */
export function svg(
  tag: string,
  attributes: Attributes = {},
  ...children: (Child | Child[])[]
): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  furnish(element, attributes, children);
  return element;
}

function furnish(element: Element, attributes: Attributes, children: (Child | Child[])[]): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children.flat()) {
    if (child !== undefined && child !== false) element.append(child);
  }
}

export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`no #${id} in this page`);
  return found;
}

/** Tells a screen reader. */
export function announce(text: string): void {
  byId('announcer').textContent = text;
}

/**
 * A button that copies a text.
 * @param what what is copied, for who cannot see
 */
export function copyButton(text: () => string, what: string): HTMLElement {
  const told = (word: string): void => {
    button.textContent = word;
    announce(`${what}: ${word}`);
    setTimeout(() => (button.textContent = 'Copy'), 1500);
  };
  const click = (): void => {
    navigator.clipboard.writeText(text()).then(
      () => told('Copied'),
      () => told('Not allowed'),
    );
  };
  const button = h(
    'button',
    { class: 'small', type: 'button', 'aria-label': `Copy ${what}`, click },
    'Copy',
  );
  return button;
}

/** A link to a file of the run, or its path where it cannot be linked. */
export function fileLink(file: ReportFile): HTMLElement {
  return file.href === undefined
    ? h('span', {}, `${file.label}: `, h('code', {}, file.path))
    : h('a', { href: file.href }, file.label);
}

/**
 * Runs work in slices while the page has nothing better to do.
 * @param slice false when done
 */
export function whenIdle(slice: () => boolean): void {
  const next = (): void => {
    if (slice()) setTimeout(next, 0);
  };
  if ('requestIdleCallback' in window) {
    const idle = (deadline: IdleDeadline): void => {
      let more = true;
      do more = slice();
      while (more && deadline.timeRemaining() > 6);
      if (more) requestIdleCallback(idle, { timeout: 200 });
    };
    requestIdleCallback(idle, { timeout: 200 });
  } else next();
}
