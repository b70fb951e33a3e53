import { announce, byId, h } from './dom.js';

const THEMES = ['system', 'light', 'dark'];

function applyTheme(theme: string): void {
  const root = document.documentElement;
  if (theme === 'system') delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    if (theme === 'system') localStorage.removeItem('tapboot-theme');
    else localStorage.setItem('tapboot-theme', theme);
  } catch {
    // A page from a file may have no storage; the choice holds until it is closed.
  }
  document.dispatchEvent(new CustomEvent('tapboot:theme'));
}

/**
 * The buttons of the bar, and the keys of the page.
 * @param trouble whether there is any
 */
export function tools(nextTrouble: () => void, trouble: boolean): void {
  let theme = document.documentElement.dataset.theme ?? 'system';
  const label = () => `Theme: ${theme}`;
  const toggle = h(
    'button',
    {
      type: 'button',
      click: () => {
        theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
        applyTheme(theme);
        toggle.textContent = label();
        announce(label());
      },
    },
    label(),
  );
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () =>
    document.dispatchEvent(new CustomEvent('tapboot:theme')),
  );
  if (trouble)
    byId('tools').append(
      h('button', { type: 'button', title: 'Key: n', click: nextTrouble }, 'Next failure'),
    );
  byId('tools').append(toggle);
  addEventListener('keydown', (event) => {
    const { target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) return;
    if (event.key === 'n' && trouble) nextTrouble();
    else if (event.key === '/') {
      event.preventDefault();
      document.getElementById('step-search')?.focus();
    }
  });
}
