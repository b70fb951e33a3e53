import type { ErrorCode } from '../../error-codes.js';
import type { EventSink, Failure } from '../../events/events.js';
import { plainLine, plainText } from '../plain-text.js';
import type { ReportContext, ReportFormats } from '../report-format.js';
import { shortPath } from '../tap-diagnostics.js';
import { failureText } from '../failure-lines.js';
import { clearReport, writeReport } from '../report-file.js';
import { RunTable, type ScenarioRow } from '../run-table.js';

/** Size of `system-out` of one case: GitLab reads reports below 30 MB as a whole. */
const MOST_OUTPUT = 64 * 1024;

/**
 * JUnit XML: a case per scenario. The format has no standard; this is the part on which
 * Surefire's schema, Jenkins and GitLab agree:
 *
 * - `<failure>` for an expectation that did not hold, `<error>` for anything that is no verdict
 *   on the product (dead guest, wrong scenario, broken host, interruption)
 * - `<flakyFailure>`/`<flakyError>` (Surefire) for the attempts before a pass,
 *   `<rerunFailure>`/`<rerunError>` for those before a last failure
 * - `<skipped>` for known failures, and for scenarios that were queued or not run: no pass, and no
 *   red either
 * - names unique within a class, since GitLab tells cases apart by both
 * - `[[ATTACHMENT|path]]` in `<system-out>` (GitLab and Jenkins' attachments plugin)
 */
export function junitReport({ target = '', workingDirectory }: ReportContext): EventSink {
  clearReport(target);
  const table = new RunTable();
  return {
    handle: (event) => {
      table.handle(event);
    },
    close: () => {
      writeReport(target, junitXml(table, workingDirectory));
    },
  };
}

/** The document as text. Times are seconds with three decimals. */
export function junitXml(table: RunTable, workingDirectory: string): string {
  const names = uniqueNames(table.rows);
  const cases = table.rows.map((row) => testCase(row, names.get(row) ?? row.id, workingDirectory));
  const { runFailure: broken } = table;
  if (broken !== undefined) cases.push(runCase(broken));
  const counts = {
    tests: cases.length,
    failures: table.rows.filter((row) => verdictTag(row) === 'failure').length,
    errors:
      table.rows.filter((row) => verdictTag(row) === 'error').length +
      (broken === undefined ? 0 : 1),
    skipped: table.rows.filter((row) => verdictTag(row) === 'skipped').length,
    time: seconds(table.end?.durationMs ?? 0),
  };
  const { start } = table;
  const timestamp =
    start === undefined ? undefined : new Date(start.at).toISOString().replace(/\.\d+Z$/, '');
  const properties = element('properties', {}, [
    property('tapboot', start?.version ?? ''),
    property('run', start?.run ?? ''),
    property('outcome', table.end?.outcome ?? 'error'),
    property('exit_code', String(table.end?.exitCode ?? '')),
  ]);
  const suite = element('testsuite', { name: 'tapboot', ...counts, timestamp }, [
    `\n  ${properties}\n`,
    ...cases.map((one) => `  ${one}\n`),
  ]);
  const suites = element('testsuites', { name: 'tapboot', ...counts }, [`\n${suite}\n`]);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${suites}\n`;
}

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(3);
const property = (name: string, value: string): string => element('property', { name, value });

/** Jenkins splits at the last dot: folder as package, file as class. */
const className = (file: string): string =>
  file
    .replace(/\.ya?ml$/, '')
    .replace(/^[./]+/, '')
    .replaceAll('/', '.');

function uniqueNames(rows: readonly ScenarioRow[]): Map<ScenarioRow, string> {
  const key = ({ file, name }: ScenarioRow): string => `${className(file)}\n${plainLine(name)}`;
  const seen = new Map<string, number>();
  for (const row of rows) seen.set(key(row), (seen.get(key(row)) ?? 0) + 1);
  return new Map(
    rows.map((row) => {
      const name = plainLine(row.name);
      return [row, (seen.get(key(row)) ?? 0) > 1 ? `${name} [${row.id}]` : name];
    }),
  );
}

/** The element that tells a verdict; undefined for a pass. */
function verdictTag({
  outcome,
  failure,
}: ScenarioRow): 'failure' | 'error' | 'skipped' | undefined {
  if (outcome === 'passed' || outcome === 'flaky') return undefined;
  if (outcome === 'known' || outcome === 'queued' || outcome === 'not-run') return 'skipped';
  return outcome === 'failed' && failure?.class === 'product' ? 'failure' : 'error';
}

function testCase(row: ScenarioRow, name: string, workingDirectory: string): string {
  const attributes = {
    name,
    classname: className(row.file),
    file: row.file,
    time: seconds(row.durationMs),
  };
  const attempts = row.previous.map((failure) => {
    const kind = failure.class === 'product' ? 'Failure' : 'Error';
    const { message, code: type } = failure;
    const trace = element('stackTrace', {}, [text(failureText(failure))]);
    const tag = row.outcome === 'flaky' ? 'flaky' : 'rerun';
    return element(`${tag}${kind}`, { message: plainLine(message), type }, [trace]);
  });
  const output = systemOut(row, workingDirectory);
  const parts = [...verdict(row), ...attempts, output];
  return element('testcase', attributes, [...parts.map((part) => `\n    ${part}`), '\n  ']);
}

function verdict(row: ScenarioRow): string[] {
  const tag = verdictTag(row);
  const { failure, outcome } = row;
  if (tag === undefined) return [];
  if (tag === 'skipped') {
    const known = failure?.knownIssue;
    const message =
      known === undefined
        ? `${outcome === 'queued' ? 'queued' : 'not run'}: ${row.notBegunBecause ?? ''}`
        : `known issue: ${known.reason} (${known.owner}, until ${known.expires})`;
    return [element('skipped', { message: plainLine(message) })];
  }
  if (failure === undefined) {
    const message = `not run: ${outcome ?? 'no verdict'}`;
    return [
      element('error', { message, type: 'TAPBOOT_E_INTERRUPTED' satisfies ErrorCode }, [
        text(message),
      ]),
    ];
  }
  return [failureElement(tag, failure)];
}

function failureElement(tag: string, failure: Failure): string {
  const { message, code: type } = failure;
  return element(tag, { message: plainLine(message), type }, [text(failureText(failure))]);
}

/** A failure of the run itself: without a case of its own nobody would see it. */
function runCase(failure: Failure): string {
  const attributes = { name: 'the run itself', classname: 'tapboot', time: '0.000' };
  return element('testcase', attributes, [`\n    ${failureElement('error', failure)}\n  `]);
}

function systemOut(row: ScenarioRow, workingDirectory: string): string {
  const lines = row.steps.flatMap(({ step, outcome, durationMs, skipReason, notes }) => [
    `${outcome.padEnd(7)} ${step.title} (${seconds(durationMs)} s)` +
      (skipReason === undefined ? '' : `: ${skipReason}`),
    ...notes.map((note) => `        ${note}`),
  ]);
  let told = plainText(lines.join('\n'));
  if (told.length > MOST_OUTPUT) told = `${told.slice(0, MOST_OUTPUT)}\n… cut`;
  const attachments = row.artifacts.map(
    ({ path }) => `\n${attachment(shortPath(path, workingDirectory))}`,
  );
  return element('system-out', {}, [text(told), ...attachments]);
}

/** A scenario chooses names of artifacts: one that ends the tag could begin another. */
const attachment = (path: string): string =>
  path === plainLine(path) && !/\[\[|\]\]/.test(path)
    ? escaped(`[[ATTACHMENT|${path}]]`)
    : text(`not attached: ${plainLine(path)}`);

/** What XML 1.0 cannot hold at all, escaped or not (its production `Char`). */
const FORBIDDEN =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // Bare ones would be read as blanks in an attribute.
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
};

/** What a reader of `system-out` takes for the name of a file to publish, whoever wrote it. */
const ATTACHMENT = /\[\[(?=ATTACHMENT\|)/g;

const clean = (text: string): string =>
  text.replace(FORBIDDEN, '\ufffd').replace(ATTACHMENT, '[\\u005b');

/** An element with attributes and content; attributes that are undefined are left out. */
export function element(
  name: string,
  attributes: Record<string, string | number | undefined>,
  content: readonly string[] = [],
): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${attribute(String(value))}"`)
    .join('');
  if (content.length === 0) return `<${name}${written}/>`;
  return `<${name}${written}>${content.join('')}</${name}>`;
}

const attribute = (text: string): string =>
  clean(text).replace(/[&<>"\n\r\t]/g, (character) => ENTITIES[character] ?? character);

/** Text between tags. */
export const text = (value: string): string => escaped(clean(value));

const escaped = (value: string): string =>
  value.replace(/[&<>\r]/g, (character) => ENTITIES[character] ?? character);

export const formats: ReportFormats = {
  junit: {
    summary: 'JUnit XML, as GitLab and Jenkins read it',
    target: 'file',
    product: { type: 'report', subtype: 'junit' },
    open: junitReport,
  },
};
