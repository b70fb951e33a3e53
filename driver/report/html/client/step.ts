import type {
  ReportCommand,
  ReportFailure,
  ReportFile,
  ReportScenario,
  ReportStep,
} from '../report-data.js';
import { terminalBlock } from './ansi.js';
import type { ConsolePlace } from './console.js';
import { mismatchBlock } from './diff.js';
import { diskMap } from './disk-map.js';
import { copyButton, fileLink, h } from './dom.js';
import { clock, counted, hashOf, took } from './words.js';

/** A failure with all that explains it. */
export function failureBlock(failure: ReportFailure): HTMLElement {
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

function commandBlock(command: ReportCommand): HTMLElement {
  const { channel, exitStatus, timedOut, dropped, omitted } = command;
  const ended = timedOut ? 'timed out' : exitStatus === null ? 'no status' : `exit ${exitStatus}`;
  const bad = timedOut || exitStatus !== 0;
  const lost = dropped.stdout + dropped.stderr;
  const left = omitted.stdout + omitted.stderr;
  const streams = (['stdout', 'stderr'] as const).filter((name) => command[name] !== '');
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

/** Links to files, pictures shown. */
function filesBlock(files: readonly ReportFile[]): HTMLElement {
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

/** All that is known of one step. */
export function stepDetail(
  scenario: ReportScenario,
  step: ReportStep,
  runStart: number,
): HTMLElement {
  const { vm } = scenario;
  const { startedAt } = step;
  const began =
    startedAt === undefined ? '' : `, ${clock((startedAt - runStart) / 1000)} into the run`;
  const files = [...step.artifacts, ...(step.failure?.artifacts ?? [])];
  const unique = [...new Map(files.map((file) => [file.path, file])).values()];
  const toConsole = (detail: ConsolePlace): HTMLElement => {
    const click = (): void => {
      document.dispatchEvent(new CustomEvent('tapboot:console', { detail }));
    };
    return h('button', { class: 'small', type: 'button', click }, 'Console at this step');
  };
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
      vm !== undefined && startedAt !== undefined && toConsole({ vm, at: startedAt }),
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
