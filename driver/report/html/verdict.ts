import { escapeHtml } from './escape.js';
import type { ReportData, ReportFailure, ReportScenario } from './report-data.js';
import { duration } from '../plain-text.js';
import { timeText, VERDICTS, verdictSentence } from './words.js';

/** Failures that the top of the page tells in words; the list of scenarios has all. */
const SHOWN_FAILURES = 20;
/** Of so many, with expectations; of the others, the message. */
const SHOWN_WHOLE = 3;
const SHOWN_CHARACTERS = 600;

/**
 * The verdict, and what led to it. Written here and not by the page's script, so that it
 * is there at once, and also where scripts do not run.
 */
export function verdictHtml(data: ReportData): string {
  const { run } = data;
  const { word, sign } = VERDICTS[run.outcome];
  return `<section id="verdict" class="verdict is-${run.outcome}" aria-labelledby="verdict-title">
<div class="verdict-sign" aria-hidden="true">${sign}</div>
<div class="verdict-words"><h1 id="verdict-title">${word}</h1>
<p>${escapeHtml(verdictSentence(run))}</p></div>
<dl class="facts">${facts(data)
    .map(([name, value]) => `<div><dt>${name}</dt><dd>${escapeHtml(value)}</dd></div>`)
    .join('')}</dl>
</section>${failuresHtml(data)}`;
}

function facts({ run, image, accelerator, vms }: ReportData): [string, string][] {
  const all: [string, string | undefined][] = [
    ['Run', run.name],
    ['Started', timeText(run.startedAt)],
    ['Took', duration(run.durationMs)],
    ['Image', image?.spec],
    ['Accelerator', accelerator?.name],
    ['QEMU', /version (\S+)/.exec(vms[0]?.version ?? '')?.[1]],
    ['Exit code', run.exitCode === undefined ? undefined : String(run.exitCode)],
    ['Interrupted by', run.interrupted],
  ];
  return all.filter((fact): fact is [string, string] => fact[1] !== undefined && fact[1] !== '');
}

const cut = (text: string): string =>
  text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)} …`;

function failuresHtml(data: ReportData): string {
  const failed = data.scenarios.filter(({ failure }) => failure !== undefined);
  const own =
    data.run.failure === undefined ? '' : failureHtml(data.run.failure, 'The run itself', true);
  if (failed.length === 0 && own === '') return '';
  const shown = failed
    .slice(0, SHOWN_FAILURES)
    .map((scenario, at) => scenarioFailureHtml(scenario, at < SHOWN_WHOLE))
    .join('');
  const rest = failed.length - SHOWN_FAILURES;
  const more =
    rest > 0 ? `<p>${String(rest)} more failed: see <a href="#scenarios">scenarios</a>.</p>` : '';
  return `<section id="failures" aria-labelledby="failures-title">
<h2 id="failures-title">What went wrong</h2>${own}${shown}${more}</section>`;
}

function scenarioFailureHtml(scenario: ReportScenario, whole: boolean): string {
  const step = scenario.steps.find(({ outcome }) => outcome === 'failed');
  const anchor = encodeURIComponent(scenario.anchor);
  const target = step === undefined ? anchor : `${anchor}/${String(step.index)}`;
  const title =
    step === undefined ? scenario.name : `${scenario.name} › ${String(step.index)} ${step.title}`;
  const heading = `<a href="#${escapeHtml(target)}">${escapeHtml(title)}</a>`;
  return scenario.failure === undefined ? '' : failureHtml(scenario.failure, heading, whole);
}

const comparedHtml = (text: string): string =>
  text === '' ? '<p class="quiet">nothing</p>' : `<pre tabindex="0">${escapeHtml(cut(text))}</pre>`;

/** @param heading HTML */
function failureHtml(failure: ReportFailure, heading: string, whole: boolean): string {
  const { at, hint, knownIssue } = failure;
  const place = at === undefined ? '' : ` · ${at.file}:${String(at.line)}:${String(at.column)}`;
  const mismatches = failure.mismatches
    .slice(0, whole ? 5 : 0)
    .map(
      ({ what, expected, got }) =>
        `<div class="mismatch"><p>${escapeHtml(what)}</p><dl>` +
        `<dt>expected</dt><dd>${comparedHtml(expected)}</dd>` +
        `<dt>got</dt><dd>${comparedHtml(got)}</dd></dl></div>`,
    );
  const known =
    knownIssue === undefined
      ? ''
      : `<p class="known-issue">Known: ${escapeHtml(knownIssue.reason)} (${escapeHtml(knownIssue.owner)}, until ${escapeHtml(knownIssue.expires)})</p>`;
  return `<article class="failure"><h3>${heading}</h3>
<p class="failure-kind"><span class="tag is-failed">${escapeHtml(failure.class)}</span> <code>${escapeHtml(failure.code)}</code> · phase ${escapeHtml(failure.phase)}${escapeHtml(place)}</p>
<p class="failure-message">${escapeHtml(failure.message)}</p>${known}${mismatches.join('')}
${hint === undefined ? '' : `<p class="hint"><b>Next:</b> ${escapeHtml(hint)}</p>`}</article>`;
}
