import { escapeHtml } from '../html/escape.js';
import type { HistorySummary } from '../../record/history/history-data.js';
import type { PageAssets } from '../html/assets.js';

/**
 * The past as one HTML file that needs nothing else: uPlot (MIT) and the data are in it. Tables
 * are there without scripts; the plots are drawn from the data of the same page.
 * @param assets those of the page `history`
 */
export function historyHtml(summary: HistorySummary, assets: PageAssets): string {
  const { runs, first, last, ledger } = summary;
  // `</script>` and `<!--` would end or change the script that the data stand in.
  const data = JSON.stringify(summary).replaceAll('<', '\\u003c');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>tapboot history</title>
<style>${assets.styles}</style>
</head>
<body>
<main>
<h1>History of ${String(runs)} runs</h1>
<p>${escapeHtml(first.slice(0, 10))} to ${escapeHtml(last.slice(0, 10))}, from ${escapeHtml(ledger)}</p>
${regressionList(summary)}
<h2>Scenarios</h2>
${scenarioTable(summary)}
<h2>Timings</h2>
${metricTable(summary)}
<h2>Plots</h2>
<p>Seconds of the latest runs; dots are runs that did not simply pass.</p>
<div id="plots"></div>
</main>
<script type="application/json" id="data">${data}</script>
<script type="module">${assets.script}</script>
</body>
</html>
`;
}

const percent = (share: number | undefined): string =>
  share === undefined ? '' : `${(share * 100).toFixed(1)} %`;
const seconds = (value: number | undefined): string =>
  value === undefined ? '' : `${value.toFixed(1)} s`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '<p>None.</p>';
  const titles = head.map((title) => `<th scope="col">${escapeHtml(title)}</th>`).join('');
  const body = rows.map(([first = '', ...others]) => {
    const cells = others.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('');
    return `<tr><th scope="row">${escapeHtml(first)}</th>${cells}</tr>`;
  });
  return `<div class="wide" tabindex="0" role="region" aria-label="${escapeHtml(head[0] ?? '')}"><table><thead><tr>${titles}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`;
}

const scenarioTable = ({ scenarios }: HistorySummary): string =>
  table(
    ['Scenario', 'Verdicts', 'Pass rate', 'Flake rate', 'Median', '95th percentile', 'Trend'],
    scenarios.map((row) => [
      ...[row.id, String(row.verdicts), percent(row.passRate), percent(row.flakeRate)],
      ...[seconds(row.median), seconds(row.p95), percent(row.trend)],
    ]),
  );

const metricTable = ({ metrics }: HistorySummary): string =>
  table(
    ['Timing', 'Runs', 'Median', '95th percentile', 'Trend'],
    metrics.map((row) => [
      row.configuration === '' ? row.metric : `${row.metric} (${row.configuration})`,
      ...[String(row.count), seconds(row.median), seconds(row.p95), percent(row.trend)],
    ]),
  );

function regressionList({ regressions }: HistorySummary): string {
  if (regressions.length === 0) return '<p>No regression among the latest runs.</p>';
  const items = regressions.map(({ text }) => `<li>${escapeHtml(text)}</li>`);
  return `<h2>Regressions</h2><ul>${items.join('\n')}</ul>`;
}
