import type { EventSink, Failure, RunEvent, ScenarioRef } from '../events/events.js';
import type { Output } from './output.js';
import { duration, plainLine } from './plain-text.js';
import { machineTexts } from './tap-diagnostics.js';
import type { TapItem } from './tap-lanes.js';
import { TapLanes } from './tap-lanes.js';
import type { TapLayout } from './tap-scenario.js';
import { TapScenario } from './tap-scenario.js';
import { directiveText } from './tap-syntax.js';

type RunEnd = Extract<RunEvent, { type: 'run:end' }>;
type Planned = ScenarioRef & { steps: number };

/**
 * A whole stream for a run that could not even begin (bad configuration, no tool): a
 * consumer must see a failure, not an empty stream.
 */
export function tapBailOut(version: 13 | 14, reason: string): string {
  return `TAP version ${String(version)}\nBail out! ${directiveText(reason)}\n`;
}

/**
 * TAP as the run goes: the plan first, a subtest a scenario, a point a step, each
 * printed when it ends. The stream passes exactly when the exit code is 0 or 75.
 * Everything in it comes from events; nothing else is ever written to its output.
 */
export class TapReporter implements EventSink {
  readonly #output: Output;
  readonly #layout: TapLayout;
  readonly #lanes: TapLanes;
  readonly #scenarios = new Map<string, TapScenario>();
  /** Scenarios of the plan without a verdict yet. */
  readonly #waiting = new Map<string, Planned>();
  readonly #steps = new Map<string, number>();
  #number = 0;
  #failed = false;
  #bailed = false;
  #directory = '';

  constructor(output: Output, layout: Partial<TapLayout> = {}) {
    this.#output = output;
    this.#layout = { version: 14, flat: false, retries: false, ...layout };
    this.#lanes = new TapLanes((item) => {
      this.#item(item);
    });
  }

  #item(item: TapItem): void {
    if ('lines' in item) {
      this.#write(item.lines);
      return;
    }
    if (!item.ok && item.todo !== true) this.#failed = true;
    const number = String(++this.#number);
    this.#write([`${item.ok ? 'ok' : 'not ok'} ${number} - ${item.rest}`, ...item.block]);
  }

  #write(lines: string[]): void {
    if (lines.length > 0) this.#output.write(`${lines.join('\n')}\n`);
  }

  /** A comment, indented like the subtest it falls into. */
  #comment(text: string): void {
    const active = this.#lanes.active;
    const scenario = active === undefined ? undefined : this.#scenarios.get(active);
    if (scenario === undefined) this.#write([`# ${plainLine(text)}`]);
    else scenario.comment(text);
  }

  handle(event: RunEvent): void {
    switch (event.type) {
      case 'run:start':
        this.#begin(event);
        break;
      case 'accelerator':
        this.#comment(`accelerator ${event.name}: ${event.reasons.join('; ')}`);
        break;
      case 'image':
        this.#comment(`image ${event.spec}${event.cached ? ' (from the cache)' : ''}`);
        break;
      case 'phase:end':
        this.#comment(`${event.phase}: ${event.text} (${duration(event.seconds * 1000)})`);
        break;
      case 'notice':
        this.#comment(`${event.level}: ${event.message}`);
        break;
      case 'scenario:start':
        this.#open(event.scenario).start(event.steps, event.attempt);
        break;
      case 'scenario:machine':
        for (const text of machineTexts(event.origin)) this.#open(event.scenario).comment(text);
        break;
      case 'step:end':
        this.#open(event.scenario).step(event);
        break;
      case 'scenario:queued':
      case 'scenario:not-run': {
        const what = event.type === 'scenario:queued' ? 'queued' : 'not run';
        const skip = `${what}: ${event.reason}`;
        this.#open(event.scenario).notBegun(skip, this.#promised(event.scenario));
        this.#close(event.scenario);
        break;
      }
      case 'scenario:end':
        this.#open(event.scenario).end(event, this.#promised(event.scenario));
        this.#close(event.scenario);
        break;
      case 'run:end':
        this.#end(event);
        break;
      case 'phase:start':
      case 'phase:progress':
      case 'vm:start':
      case 'vm:end':
      case 'debug:start':
      case 'debug:end':
      case 'step:start':
        break;
    }
  }

  #begin(event: Extract<RunEvent, { type: 'run:start' }>): void {
    for (const scenario of event.scenarios) {
      this.#waiting.set(scenario.id, scenario);
      this.#steps.set(scenario.id, scenario.steps);
      // Side by side they begin in any order; they are told in that of the plan.
      if ((event.workers ?? 1) > 1) this.#lanes.open(scenario.id);
    }
    this.#directory = event.directory;
    const points = event.scenarios.reduce(
      (sum, { steps }) => sum + (this.#layout.flat ? steps + 1 : 1),
      0,
    );
    const plan = `1..${String(points)}${points === 0 ? ' # SKIP no scenarios' : ''}`;
    this.#write([`TAP version ${String(this.#layout.version)}`, plan]);
    this.#comment(`tapboot ${event.version}, run ${event.run}`);
  }

  #promised({ id }: ScenarioRef): number {
    return this.#steps.get(id) ?? 0;
  }

  #open(scenario: ScenarioRef): TapScenario {
    const present = this.#scenarios.get(scenario.id);
    if (present !== undefined) return present;
    const { id, name } = scenario;
    this.#lanes.open(id);
    const opened = new TapScenario(name, this.#layout, (item) => {
      this.#lanes.add(id, item);
    });
    this.#scenarios.set(id, opened);
    return opened;
  }

  #close({ id }: ScenarioRef): void {
    this.#waiting.delete(id);
    this.#scenarios.delete(id);
    this.#lanes.close(id);
  }

  #end(event: RunEnd): void {
    const { failure } = event;
    const reason =
      failure?.message ??
      (event.interrupted === undefined
        ? 'the run ended early'
        : `interrupted by ${event.interrupted}`);
    const lost = failure?.class === 'infra';
    for (const scenario of [...this.#waiting.values()]) {
      // When the infrastructure is lost, scenarios that never began have no verdict at all.
      if (lost && !this.#scenarios.has(scenario.id)) {
        this.#lanes.drop(scenario.id);
        continue;
      }
      const verdict = failure ?? notRun(reason);
      this.#open(scenario).end(
        {
          at: event.at,
          type: 'scenario:end',
          scenario,
          outcome: 'interrupted',
          durationMs: 0,
          failure: verdict,
          artifacts: [],
        },
        scenario.steps,
      );
      this.#close(scenario);
    }
    const { passed, flaky, known, failed, queued, interrupted, 'not-run': left } = event.counts;
    const unbegun = left > 0 ? `, ${String(left)} not run` : '';
    this.#comment(
      `${String(passed)} passed, ${String(flaky)} flaky, ${String(known)} known, ` +
        `${String(failed)} failed, ` +
        `${String(interrupted)} interrupted, ${String(queued)} queued${unbegun} in ${duration(event.durationMs)}`,
    );
    this.#comment(`run directory: ${this.#directory}`);
    this.#comment(`exit code ${String(event.exitCode)}`);
    // No point is left to carry a failure of the run itself: the stream must not pass.
    const passes = event.exitCode === 0 || event.exitCode === 75;
    if (lost || (!passes && !this.#failed)) this.bailOut(reason);
  }

  /**
   * Ends the stream as failed. For trouble that comes after `run:end`, when the record
   * could not be closed: the stream must not pass while the exit code says otherwise.
   */
  bailOut(reason: string): void {
    if (this.#bailed) return;
    this.#bailed = true;
    this.#write([`Bail out! ${directiveText(reason)}`]);
  }

  async close(): Promise<void> {
    await this.#output.close();
  }
}

/** The failure of a scenario that an interruption kept from running. */
function notRun(message: string): Failure {
  return {
    class: 'infra',
    code: 'TAPBOOT_E_INTERRUPTED',
    message: `not run: ${message}`,
    phase: 'step',
    mismatches: [],
    artifacts: [],
  };
}
