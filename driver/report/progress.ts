import type { Failure, RunEvent, ScenarioOutcome, ScenarioRef } from '../events/events.js';
import { plainLine } from './plain-text.js';

type Event<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

/** One thing that goes on now. */
export interface Activity {
  /** Set where several workers run scenarios. */
  worker?: number;
  /** Of a scenario; empty for what the run itself does. */
  name: string;
  /** Phase or step. */
  doing: string;
  /** Milliseconds since the epoch. */
  since: number;
  expectedMs?: number;
}

/** The whole run so far. */
export interface Overall {
  total: number;
  done: number;
  outcomes: Partial<Record<ScenarioOutcome, number>>;
  startedAt: number;
  /** Absent while nothing is known of any scenario. */
  remainingMs?: number;
  /** Why it is coming to an end before its time. */
  ending?: string;
}

interface Scenario {
  expected: number | undefined;
  startedAt?: number;
  seconds?: number;
}

const PHASES: Partial<Record<Failure['phase'], string>> = {
  boot: 'boot',
  restore: 'restore',
  save: 'save the machine',
  login: 'log in',
};

/** What a run is doing, by its events; for the lines below a terminal. */
export class Progress {
  readonly #scenarios = new Map<string, Scenario>();
  readonly #outcomes: Partial<Record<ScenarioOutcome, number>> = {};
  /** By scenario. */
  readonly #lanes = new Map<string, Activity>();
  /** Phases that belong to no scenario, by their machine. */
  readonly #phases = new Map<string, Activity>();
  /** How many steps a scenario has. */
  readonly #steps = new Map<string, number>();
  #workers = 1;
  #startedAt = 0;
  #ending: string | undefined;

  /** The run is ending before its time. */
  end(why: string): void {
    this.#ending = why;
  }

  handle(event: RunEvent): void {
    switch (event.type) {
      case 'run:start':
        this.#startedAt = event.at;
        this.#workers = event.workers ?? 1;
        for (const { id, expectedSeconds } of event.scenarios)
          this.#scenarios.set(id, { expected: expectedSeconds });
        break;
      case 'scenario:start':
        this.#begin(event);
        break;
      case 'phase:start':
      case 'phase:progress':
        this.#phase(event);
        break;
      case 'phase:end':
        this.#phases.delete(keyOf(event));
        break;
      case 'step:start': {
        const lane = this.#lanes.get(event.scenario.id);
        const { index, title } = event.step;
        if (lane !== undefined) {
          const count = String(this.#steps.get(event.scenario.id) ?? index);
          lane.doing = `${String(index)}/${count} ${plainLine(title)}`;
        }
        break;
      }
      case 'step:end': {
        // What comes now may take its time: evidence of a failure, a snapshot.
        const lane = this.#lanes.get(event.scenario.id);
        if (lane !== undefined && event.step.index === this.#steps.get(event.scenario.id))
          lane.doing = 'end the machine';
        break;
      }
      case 'scenario:queued':
        this.#count(event.scenario, 'queued');
        break;
      case 'scenario:not-run':
        this.#count(event.scenario, 'not-run');
        break;
      case 'scenario:end':
        this.#lanes.delete(event.scenario.id);
        this.#count(event.scenario, event.outcome, event.durationMs / 1000);
        break;
      default:
        break;
    }
  }

  #begin({ at, scenario, worker, steps, attempt }: Event<'scenario:start'>): void {
    const known: Scenario = this.#scenarios.get(scenario.id) ?? { expected: undefined };
    known.startedAt ??= at;
    this.#scenarios.set(scenario.id, known);
    this.#steps.set(scenario.id, steps.length);
    this.#lanes.set(scenario.id, {
      worker,
      name: plainLine(scenario.name),
      doing: attempt === 1 ? 'get a machine' : 'try again',
      since: known.startedAt,
      expectedMs: known.expected === undefined ? undefined : known.expected * 1000,
    });
  }

  #phase(event: Event<'phase:start' | 'phase:progress'>): void {
    const { phase, vm, text, at } = event;
    // A scenario's machine has its name; the second one of a retry has a number behind it.
    const lane = vm && (this.#lanes.get(vm) ?? this.#lanes.get(vm.replace(/-\d+$/, '')));
    if (lane) {
      lane.doing = PHASES[phase] ?? phase;
      return;
    }
    const key = keyOf(event);
    const since = this.#phases.get(key)?.since ?? at;
    this.#phases.set(key, { name: '', doing: plainLine(`${phase}: ${text}`), since });
  }

  #count({ id }: ScenarioRef, outcome: ScenarioOutcome, seconds = 0): void {
    this.#outcomes[outcome] = (this.#outcomes[outcome] ?? 0) + 1;
    const known = this.#scenarios.get(id) ?? { expected: undefined };
    this.#scenarios.set(id, { ...known, seconds });
  }

  /** What goes on now: by worker, then what the run itself does. */
  activities(): Activity[] {
    const lanes = [...this.#lanes.values()];
    lanes.sort((a, b) => (a.worker ?? 0) - (b.worker ?? 0));
    return [...lanes, ...this.#phases.values()];
  }

  /** @param now milliseconds since the epoch */
  overall(now: number): Overall {
    const forecasts = [...this.#scenarios.values()].map((one) => forecastOf(one, now));
    const remaining = remainingSeconds(forecasts, this.#workers);
    return {
      total: this.#scenarios.size,
      done: forecasts.filter(({ state }) => state === 'ended').length,
      outcomes: this.#outcomes,
      startedAt: this.#startedAt,
      remainingMs: remaining === undefined ? undefined : remaining * 1000,
      ending: this.#ending,
    };
  }
}

function forecastOf({ expected, startedAt, seconds }: Scenario, now: number): Forecast {
  if (seconds !== undefined) return { expected, state: 'ended', elapsed: seconds };
  if (startedAt === undefined) return { expected, state: 'waiting', elapsed: 0 };
  return { expected, state: 'running', elapsed: (now - startedAt) / 1000 };
}

const keyOf = ({ phase, vm }: { phase: string; vm?: string }): string => `${phase} ${vm ?? ''}`;

/** What is known of one scenario of a run, in seconds. */
export interface Forecast {
  /** By the ledger; undefined when it never passed. */
  expected: number | undefined;
  state: 'waiting' | 'running' | 'ended';
  /** Since it began; when it has ended, all that it took. */
  elapsed: number;
}

/**
 * About how many seconds a run still takes: what is left of each scenario, divided among the
 * workers, and never less than the longest one that runs. A scenario that was never measured
 * counts as the middle one of those that are known, by the ledger or by now.
 * @returns undefined when nothing is known of any scenario
 */
export function remainingSeconds(
  scenarios: readonly Forecast[],
  workers: number,
): number | undefined {
  const known = scenarios.flatMap(({ expected, state, elapsed }) =>
    state === 'ended' ? [elapsed] : expected === undefined ? [] : [expected],
  );
  const usual = known.sort((a, b) => a - b)[known.length >> 1];
  if (usual === undefined) return undefined;
  const left = scenarios
    .filter(({ state }) => state !== 'ended')
    .map(({ expected = usual, elapsed }) => Math.max(0, expected - elapsed));
  const sum = left.reduce((total, seconds) => total + seconds, 0);
  const longest = Math.max(
    0,
    ...scenarios
      .filter(({ state }) => state === 'running')
      .map(({ expected = usual, elapsed }) => expected - elapsed),
  );
  return Math.max(longest, sum / Math.max(1, workers));
}
