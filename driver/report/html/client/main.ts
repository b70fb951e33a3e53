import type { ReportData } from '../report-data.js';
import { about, machines } from './about.js';
import { Consoles } from './console.js';
import { byId } from './dom.js';
import { durations } from './plots.js';
import { ScenarioList } from './scenarios.js';
import { TimelineChart } from './timeline.js';
import { tools } from './tools.js';
import { isTrouble } from './words.js';

const json = byId('tapboot-report').textContent;
const report = JSON.parse(json) as ReportData;

const list = new ScenarioList(report);
tools(
  () => list.nextTrouble(),
  report.scenarios.some(({ outcome }) => isTrouble(outcome)),
);

/** `#scenario` or `#scenario/step`; a section's name is the browser's business. */
function follow(): void {
  const [, anchor = '', step] = /^#([^/]*)(?:\/(\d+))?$/.exec(location.hash) ?? [];
  if (anchor === '' || (step === undefined && document.getElementById(anchor) !== null)) return;
  try {
    list.reveal(decodeURIComponent(anchor), step === undefined ? undefined : Number(step));
  } catch {
    // A link that was cut short leads nowhere.
  }
}

new TimelineChart(report);
machines(report);
about(report, json);
durations(report);
new Consoles(report);
addEventListener('hashchange', follow);
// A second click on the same link changes no address, and still means: show me.
addEventListener('click', ({ target }) => {
  const link = target instanceof Element ? target.closest('a[href^="#"]') : null;
  if (link !== null && link.getAttribute('href') === location.hash) follow();
});
follow();
// How long the page took until it could be used, for who measures it.
document.documentElement.dataset.ready = performance.now().toFixed(0);
