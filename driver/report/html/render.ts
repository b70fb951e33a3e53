import { createHash } from 'node:crypto';
import type { RunEvent } from '../../events/events.js';
import type { PageAssets } from './assets.js';
import { escapeHtml, jsonForScript } from './escape.js';
import { reportData } from './model.js';
import type { ReportData, ReportEvidence } from './report-data.js';
import { verdictHtml } from './verdict.js';
import { VERDICTS } from './words.js';

/** What a report is made with, beside its events. */
export interface RenderOptions {
  assets: PageAssets;
  evidence?: ReportEvidence;
}

/** The sections that the page's script fills: id and heading, in their order. */
const SECTIONS: readonly [string, string][] = [
  ['timeline', 'Timeline'],
  ['scenarios', 'Scenarios'],
  ['console', 'Console'],
  ['durations', 'Where the time went'],
  ['machines', 'Machines'],
  ['about', 'Run and environment'],
];

/**
 * A run as one HTML file that needs nothing beside itself: styles, script, libraries and
 * data are in it, and its content security policy lets nothing be loaded from anywhere.
 * The same events and evidence give the same file.
 */
export function renderReport(events: readonly RunEvent[], options: RenderOptions): string {
  return renderData(reportData(events, options.evidence), options.assets);
}

function renderData(data: ReportData, assets: PageAssets): string {
  const { word, sign } = VERDICTS[data.run.outcome];
  const title = `${sign} ${word}: ${data.run.name}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(assets)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="tapboot ${escapeHtml(data.run.version)}">
<title>${escapeHtml(title)} · tapboot</title>
<script>${assets.themeScript}</script>
<style>${assets.styles}</style>
</head>
<body>
<a class="skip" href="#verdict">Skip to the verdict</a>
<header class="bar"><span class="brand">tapboot</span>
<nav aria-label="Sections"><ul>${SECTIONS.map(
    ([id, heading]) => `<li><a href="#${id}">${heading}</a></li>`,
  ).join('')}</ul></nav>
<div class="bar-tools" id="tools"></div></header>
<main>
${verdictHtml(data)}
${SECTIONS.map(
  ([id, heading]) =>
    `<section id="${id}" class="filled" aria-labelledby="${id}-title"><h2 id="${id}-title">${heading}</h2></section>`,
).join('\n')}
<noscript><p>The rest of this page needs scripts; all that it would show is in the page's data, and in the files of the run.</p></noscript>
</main>
<div id="announcer" class="unseen" role="status" aria-live="polite"></div>
<script type="application/json" id="tapboot-report">${jsonForScript(data)}</script>
<script type="module">${assets.script}</script>
</body>
</html>
`;
}

const hashOf = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Nothing is loaded, nothing is sent, and only the two scripts of this very file run. */
function policy({ script, themeScript, styles }: PageAssets): string {
  return [
    "default-src 'none'",
    `script-src ${hashOf(script)} ${hashOf(themeScript)}`,
    `style-src ${hashOf(styles)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}
