/** What {@link UnitRuns} holds, as JSON: by unit, the run before. */
export interface UnitRunsMemory {
  started: Record<string, string>;
  foreseen: Record<string, string>;
}

/**
 * Remembers which run of a unit was the last one before a step that may start it, so that
 * a later wait can tell a new run from an old one. Runs are named by systemd's InvocationID
 * (32 hex digits, new for every start; empty when the unit has not run or was unloaded).
 */
export class UnitRuns {
  readonly #started: Map<string, string>;
  readonly #foreseen: Map<string, string>;

  /** @param memory of the steps that a restored machine has behind it */
  constructor(memory: UnitRunsMemory = { started: {}, foreseen: {} }) {
    this.#started = new Map(Object.entries(memory.started));
    this.#foreseen = new Map(Object.entries(memory.foreseen));
  }

  /** All that is remembered, to be kept with a saved machine. */
  memory(): UnitRunsMemory {
    return {
      started: Object.fromEntries(this.#started),
      foreseen: Object.fromEntries(this.#foreseen),
    };
  }

  /** A step has (re)started the unit; `before` is the run before that. */
  recordStart(unit: string, before: string): void {
    this.#started.set(unit, before);
  }

  /** The step before a wait begins; `before` is the unit's last run at that moment. */
  foresee(unit: string, before: string): void {
    this.#foreseen.set(unit, before);
  }

  /** True when a start step of this unit has run. */
  wasStarted(unit: string): boolean {
    return this.#started.has(unit);
  }

  /** The run that a wait for a newer one counts from; undefined when none is known. */
  before(unit: string): string | undefined {
    return this.#started.get(unit) ?? this.#foreseen.get(unit);
  }
}
