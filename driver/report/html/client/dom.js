/** @typedef {Node | string | undefined | false} Child */
/** @typedef {Record<string, string | number | boolean | undefined | ((event: any) => void)>} Attributes */

/**
 * Makes an element. Text stays text: nothing here, or in any other module, is ever read as HTML.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes] functions are listeners of the event they are named after
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  furnish(element, attributes, children);
  return element;
}

/**
 * The same for SVG.
 * @param {string} tag
 * @param {Attributes} [attributes]
 * @param {...(Child | Child[])} children
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  furnish(element, attributes, children);
  return element;
}

/**
 * @param {Element} element
 * @param {Attributes} attributes
 * @param {(Child | Child[])[]} children
 */
function furnish(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children.flat()) {
    if (child !== undefined && child !== false) element.append(child);
  }
}

/** @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`no #${id} in this page`);
  return found;
}

/** Tells a screen reader. @param {string} text */
export function announce(text) {
  byId('announcer').textContent = text;
}

/**
 * A button that copies a text.
 * @param {() => string} text
 * @param {string} what what is copied, for who cannot see
 */
export function copyButton(text, what) {
  const button = h(
    'button',
    {
      class: 'small',
      type: 'button',
      'aria-label': `Copy ${what}`,
      click: () => {
        const told = (/** @type {string} */ word) => {
          button.textContent = word;
          announce(`${what}: ${word}`);
          setTimeout(() => (button.textContent = 'Copy'), 1500);
        };
        navigator.clipboard.writeText(text()).then(
          () => told('Copied'),
          () => told('Not allowed'),
        );
      },
    },
    'Copy',
  );
  return button;
}

/**
 * A link to a file of the run, or its path where it cannot be linked.
 * @param {import('../report-data.js').ReportFile} file
 */
export function fileLink(file) {
  return file.href === undefined
    ? h('span', {}, `${file.label}: `, h('code', {}, file.path))
    : h('a', { href: file.href }, file.label);
}

/** Runs work in slices while the page has nothing better to do. @param {() => boolean} slice false when done */
export function whenIdle(slice) {
  const next = () => {
    if (slice()) setTimeout(next, 0);
  };
  if ('requestIdleCallback' in window) {
    const idle = (/** @type {IdleDeadline} */ deadline) => {
      let more = true;
      do more = slice();
      while (more && deadline.timeRemaining() > 6);
      if (more) requestIdleCallback(idle, { timeout: 200 });
    };
    requestIdleCallback(idle, { timeout: 200 });
  } else next();
}
