import { terminalBlock } from './ansi.js';
import { mismatchBlock } from './diff.js';
import { diskMap } from './disk-map.js';
import { copyButton, fileLink, h } from './dom.js';
import { clock, counted, hashOf, took } from './words.js';

/** @typedef {import('../report-data.js').ReportStep} Step */
/** @typedef {import('../report-data.js').ReportScenario} Scenario */
/** @typedef {import('../report-data.js').ReportFailure} Failure */

/** A failure with all that explains it. @param {Failure} failure */
export function failureBlock(failure) {
  const { at, hint, frame, output, knownIssue } = failure;
  const place = at === undefined ? '' : ` · ${at.file}:${at.line}:${at.column}`;
  return h(
    'div',
    { class: 'failure' },
    h(
      'p',
      { class: 'failure-kind' },
      h('span', { class: 'tag is-failed' }, failure.class),
      ' ',
      h('code', {}, failure.code),
      ` · phase ${failure.phase}${place}`,
    ),
    h('p', { class: 'failure-message' }, failure.message),
    knownIssue !== undefined &&
      h(
        'p',
        { class: 'known-issue' },
        `Known: ${knownIssue.reason} (${knownIssue.owner}, until ${knownIssue.expires})`,
      ),
    ...failure.mismatches.map(mismatchBlock),
    frame !== undefined && terminalBlock(frame, 'Place in the scenario'),
    output !== undefined &&
      output !== '' &&
      h(
        'div',
        {},
        h('p', { class: 'quiet' }, 'What led here'),
        terminalBlock(output, 'Output that led here'),
      ),
    hint !== undefined && h('p', { class: 'hint' }, h('b', {}, 'Next: '), hint),
  );
}

/** @param {import('../report-data.js').ReportCommand} command */
function commandBlock(command) {
  const { channel, exitStatus, timedOut, dropped, omitted } = command;
  const ended = timedOut ? 'timed out' : exitStatus === null ? 'no status' : `exit ${exitStatus}`;
  const bad = timedOut || exitStatus !== 0;
  const lost = dropped.stdout + dropped.stderr;
  const left = omitted.stdout + omitted.stderr;
  const streams = /** @type {const} */ (['stdout', 'stderr']).filter(
    (name) => command[name] !== '',
  );
  return h(
    'div',
    { class: 'command' },
    h(
      'div',
      { class: 'command-head' },
      h('pre', { class: 'command-line', tabindex: 0 }, command.command),
      h('span', { class: 'tag' }, channel),
      h('span', { class: bad ? 'tag is-nonzero' : 'tag' }, ended),
      h('span', { class: 'took' }, took(command.durationMs)),
      copyButton(() => command.command, 'the command'),
    ),
    ...streams.map((name) =>
      h(
        'div',
        { class: `stream ${name}` },
        h(
          'div',
          { class: 'stream-name' },
          name,
          copyButton(() => command[name], name),
        ),
        terminalBlock(command[name], `${name} of the command`),
      ),
    ),
    streams.length === 0 && h('p', { class: 'quiet' }, 'no output'),
    lost > 0 &&
      h(
        'p',
        { class: 'quiet' },
        `${counted(lost, 'byte')} beyond the output limit were dropped in the run`,
      ),
    left > 0 && h('p', { class: 'quiet' }, 'Shortened here; logs/events.jsonl has all of it.'),
  );
}

/** Links to files, pictures shown. @param {import('../report-data.js').ReportFile[]} files */
export function filesBlock(files) {
  const pictures = files.filter(({ image }) => image !== undefined);
  const others = files.filter(({ image }) => image === undefined);
  return h(
    'div',
    { class: 'files' },
    ...pictures.map((file) =>
      h(
        'figure',
        { class: 'picture' },
        h('img', { src: file.image, alt: file.label, loading: 'lazy' }),
        h('figcaption', {}, fileLink(file)),
      ),
    ),
    others.length > 0 &&
      h('ul', { class: 'links' }, ...others.map((file) => h('li', {}, fileLink(file)))),
  );
}

/**
 * All that is known of one step.
 * @param {Scenario} scenario
 * @param {Step} step
 * @param {number} runStart
 */
export function stepDetail(scenario, step, runStart) {
  const { startedAt } = step;
  const began =
    startedAt === undefined ? '' : `, ${clock((startedAt - runStart) / 1000)} into the run`;
  const files = [...step.artifacts, ...(step.failure?.artifacts ?? [])];
  const unique = [...new Map(files.map((file) => [file.path, file])).values()];
  const toConsole = h(
    'button',
    {
      ...{ class: 'small', type: 'button' },
      click: () => {
        const detail = { vm: scenario.vm, at: startedAt };
        document.dispatchEvent(new CustomEvent('tapboot:console', { detail }));
      },
    },
    'Console at this step',
  );
  return h(
    'div',
    { class: 'step-detail' },
    h(
      'p',
      { class: 'quiet' },
      `${step.kind} step at `,
      h('code', {}, step.at),
      began,
      ' ',
      h('a', { href: hashOf(scenario.anchor, step.index) }, 'link to this step'),
      ' ',
      scenario.vm !== undefined && startedAt !== undefined && toConsole,
    ),
    step.skipReason !== undefined && h('p', {}, `Skipped: ${step.skipReason}`),
    step.failure !== undefined && failureBlock(step.failure),
    ...step.commands.map(commandBlock),
    step.notes.length > 0 &&
      h('ul', { class: 'notes' }, ...step.notes.map((note) => h('li', {}, note))),
    ...step.disks.map(diskMap),
    unique.length > 0 && filesBlock(unique),
  );
}
