// Search and the list of pages on small screens. Everything else works without this script.
const root = document.currentScript.dataset.root;
const form = document.querySelector('.search');
const input = document.querySelector('#search');
const results = document.querySelector('#results');
const menu = document.querySelector('.menu');
const navigation = document.querySelector('#navigation');

/** Most results that are shown. */
const SHOWN = 20;

let index;

/** The library and the index are loaded when somebody wants to search. */
function loadIndex() {
  index ??= ['minisearch.js', 'search-index.js']
    .reduce((before, file) => before.then(() => load(file)), Promise.resolve())
    .then(() => {
      const { options, index: saved } = globalThis.tapbootSearch;
      return globalThis.MiniSearch.loadJSON(saved, options);
    });
  return index;
}

function load(file) {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = `${root}/assets/${file}`;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`${script.src} cannot be loaded`));
    document.head.append(script);
  });
}

async function search() {
  const words = input.value.trim();
  results.hidden = words === '';
  if (words === '') return;
  const status = results.querySelector('[role=status]');
  const list = results.querySelector('ol');
  let found;
  try {
    found = (await loadIndex()).search(words, {
      prefix: true,
      fuzzy: 0.15,
      combineWith: 'AND',
      boost: { heading: 4, page: 2 },
    });
  } catch (error) {
    status.textContent = error.message;
    return;
  }
  // Somebody typed on while the index came.
  if (input.value.trim() !== words) return;
  const more = found.length > SHOWN ? `, the first ${String(SHOWN)} of them` : '';
  status.textContent = `${String(found.length)} found${more}`;
  list.replaceChildren(...found.slice(0, SHOWN).map(entry));
}

function entry({ url, heading, page }) {
  const item = document.createElement('li');
  const link = document.createElement('a');
  link.href = `${root}/${url}`;
  link.textContent = heading;
  item.append(link);
  if (heading !== page) {
    const of = document.createElement('span');
    of.className = 'of';
    of.textContent = ` in ${page}`;
    item.append(of);
  }
  return item;
}

function leaveSearch() {
  input.value = '';
  results.hidden = true;
}

form.hidden = false;
input.addEventListener('focus', () => void loadIndex().catch(() => undefined));
input.addEventListener('input', () => void search());
form.addEventListener('submit', (event) => {
  event.preventDefault();
  results.querySelector('a')?.click();
});
// A link to a place on this page changes nothing else.
results.addEventListener('click', (event) => {
  if (event.target.closest('a') !== null) leaveSearch();
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') leaveSearch();
  const typing = event.target.closest('input, textarea, select') !== null;
  if (event.key !== '/' || typing || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  input.focus();
});

menu.hidden = false;
menu.addEventListener('click', () => {
  const open = navigation.classList.toggle('open');
  menu.setAttribute('aria-expanded', String(open));
});

// What does not scroll need not be stopped at.
function tabStops() {
  for (const box of document.querySelectorAll('pre, .wide')) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute('tabindex');
  }
}
tabStops();
addEventListener('resize', tabStops);

document.documentElement.classList.add('scripted');
document.documentElement.dataset.ready = '';
