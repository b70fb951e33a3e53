import { scenarioError } from '../../errors.js';
import type { ExitExpectation, StreamExpectation } from '../../language/expectation.js';
import type { Plan, PlanSection } from '../model.js';
import type { RunStep } from '../../steps/run/schema.js';
import { suggestion } from '../../language/problem.js';
import { shellQuote } from '../../quote.js';
import { prologue } from './scripts.generated.js';

/**
 * A plan as a shell script that needs nothing but a POSIX shell.
 *
 * With a section, the script runs it: each command as the engine does, in a shell of its
 * own (bash where there is one) without input, and its exit status and output judged by
 * the same rules. The first that is not as expected ends the script with status 1 and a
 * message that names it. Without a section, the script defines one function per section,
 * `PLAN_SECTION` with underscores for hyphens, runs none, and prints their names.
 *
 * Not in the script: timeouts, and what the engine records.
 *
 * @throws TapbootError `TAPBOOT_E_PLAN_SECTION` when there is no such section
 */
export function planAsShell(plan: Plan, section?: string): string {
  if (section === undefined) {
    return [
      heading(plan),
      prologue,
      ...plan.sections.map((each) => asFunction(plan, each)),
      usage(plan),
    ].join('\n');
  }
  const known = plan.sections.map(({ name }) => name);
  const found = plan.sections.find(({ name }) => name === section);
  if (found === undefined) {
    const message = `the plan '${plan.name}' has no section '${section}'`;
    throw scenarioError('TAPBOOT_E_PLAN_SECTION', message, {
      at: { file: plan.file, line: 1, column: 1 },
      expected: `one of ${known.join(', ')}`,
      got: section,
      hint: suggestion(section, known),
    });
  }
  const call = `${functionName(plan, found)}\n`;
  return [heading(plan, section), prologue, asFunction(plan, found), call].join('\n');
}

/** `raid-lvm-residue`, `free-disks` → `raid_lvm_residue_free_disks`. */
const functionName = (plan: Plan, section: PlanSection): string =>
  `${plan.name}_${section.name}`.replaceAll('-', '_');

function heading(plan: Plan, section?: string): string {
  const what =
    section === undefined ? `all sections of the plan ${plan.name}` : `${plan.name}/${section}`;
  const about = (plan.description ?? '').trim();
  const lines = [`tapboot: ${what}`, ...(about === '' ? [] : about.split('\n'))];
  return ['#!/bin/sh', ...lines.map((line) => `# ${line}`.trimEnd()), ''].join('\n');
}

/**
 * The body is a subshell: its `exit` ends the section, not the shell that called it, and
 * `set +e` keeps a caller's `set -e` from ending it before a status could be judged.
 */
function asFunction(plan: Plan, section: PlanSection): string {
  const steps = section.steps.map((step) => asCommands(step).join('\n'));
  return `${functionName(plan, section)}() (\nset +e\n${steps.join('\n\n')}\n)\n`;
}

/** One step; quoted text may span lines, so nothing is indented behind it. */
function asCommands(step: RunStep): string[] {
  const { command, stdin, expect, title } = step;
  const input = stdin === undefined ? '' : ` ${shellQuote(stdin)}`;
  return [
    `_tapboot_run ${shellQuote(title)} ${shellQuote(command)}${input}`,
    `_tapboot_exit ${shellQuote(exitWords(expect.exit))}`,
    ...streamChecks('out', expect.stdout),
    ...streamChecks('err', expect.stderr),
  ];
}

/** The statuses separated by spaces, or the word. */
const exitWords = (expectation: ExitExpectation): string =>
  typeof expectation === 'string' ? expectation : expectation.oneOf.map(String).join(' ');

function streamChecks(stream: 'out' | 'err', expectation: StreamExpectation | undefined): string[] {
  if (expectation === undefined) return [];
  const { contains, notContains, equals, matches, notMatches, json } = expectation;
  if (matches.length + notMatches.length > 0 || json !== undefined) {
    // The schema of plans keeps these out; a shell would judge them by other rules.
    throw new RangeError(`a plan's ${stream} can only be judged by contains, not_contains, equals`);
  }
  return [
    ...contains.map((text) => `_tapboot_has ${stream} ${shellQuote(text)}`),
    ...notContains.map((text) => `_tapboot_lacks ${stream} ${shellQuote(text)}`),
    ...(equals === undefined ? [] : [`_tapboot_equals ${stream} ${shellQuote(equals)}`]),
  ];
}

function usage(plan: Plan): string {
  const names = plan.sections.map(
    (section) => `  ${functionName(plan, section)}  (${String(section.steps.length)} commands)`,
  );
  const lines = [
    `plan ${plan.name}: nothing has been run. Read this file with '. FILE', then call`,
    ...names,
  ];
  return `printf '%s\\n' \\\n${lines.map((line) => `  ${shellQuote(line)}`).join(' \\\n')}\n`;
}
