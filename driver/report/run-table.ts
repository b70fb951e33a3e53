import type { Artifact, EventSink, Failure, RunEvent, ScenarioOutcome } from '../events/events.js';

type RunStart = Extract<RunEvent, { type: 'run:start' }>;
type RunEnd = Extract<RunEvent, { type: 'run:end' }>;
type StepEnd = Extract<RunEvent, { type: 'step:end' }>;

/** One scenario as a format for CI tells it. */
export interface ScenarioRow {
  id: string;
  name: string;
  file: string;
  /** Undefined until it has a verdict; at the end of a run, none is. */
  outcome: ScenarioOutcome | undefined;
  /** Milliseconds since the epoch; undefined for one that never began. */
  startedAt?: number;
  durationMs: number;
  failure?: Failure;
  /** Why attempts before the last one failed, oldest first. */
  previous: Failure[];
  /** Steps of the last attempt. */
  steps: StepEnd[];
  artifacts: Artifact[];
  /** Why it was queued, or not run at all. */
  notBegunBecause?: string;
}

/** What the formats that are written at the end know of a run. */
export class RunTable implements EventSink {
  readonly #rows = new Map<string, ScenarioRow>();
  start: RunStart | undefined;
  end: RunEnd | undefined;
  /** Seconds of every phase that ended. */
  readonly phases: Extract<RunEvent, { type: 'phase:end' }>[] = [];

  /** In the order of the plan. */
  get rows(): ScenarioRow[] {
    return [...this.#rows.values()];
  }

  /**
   * What broke the run itself, when no scenario's verdict tells it: a format without it
   * would look better than the run was.
   */
  get runFailure(): Failure | undefined {
    return this.end?.failure;
  }

  handle(event: RunEvent): void {
    switch (event.type) {
      case 'run:start':
        this.start = event;
        for (const { id, name, file } of event.scenarios) this.#row({ id, name, file });
        break;
      case 'phase:end':
        this.phases.push(event);
        break;
      case 'scenario:start': {
        const row = this.#row(event.scenario);
        row.startedAt ??= event.at;
        row.steps = [];
        if (event.previous !== undefined) row.previous.push(event.previous);
        break;
      }
      case 'step:end':
        this.#row(event.scenario).steps.push(event);
        break;
      case 'scenario:queued':
        Object.assign(this.#row(event.scenario), {
          outcome: 'queued',
          notBegunBecause: event.reason,
        });
        break;
      case 'scenario:not-run':
        Object.assign(this.#row(event.scenario), {
          outcome: 'not-run',
          notBegunBecause: event.reason,
        });
        break;
      case 'scenario:end': {
        const { outcome, durationMs, failure, artifacts } = event;
        const kept = [...artifacts, ...(failure?.artifacts ?? [])];
        const unique = new Map(kept.map((artifact) => [artifact.path, artifact]));
        Object.assign(this.#row(event.scenario), {
          outcome,
          durationMs,
          artifacts: [...unique.values()],
          failure,
        });
        break;
      }
      case 'run:end':
        this.end = event;
        for (const row of this.#rows.values()) row.outcome ??= 'interrupted';
        break;
      default:
        break;
    }
  }

  #row(ref: { id: string; name: string; file: string }): ScenarioRow {
    const present = this.#rows.get(ref.id);
    if (present !== undefined) return present;
    const { id, name, file } = ref;
    const row: ScenarioRow = {
      id,
      name,
      file,
      outcome: undefined,
      durationMs: 0,
      previous: [],
      steps: [],
      artifacts: [],
    };
    this.#rows.set(id, row);
    return row;
  }
}
