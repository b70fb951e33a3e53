import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Failure, NewEvent, ScenarioOutcome } from '../events/events.js';
import { KnownIssues, type NamedScenario } from './known-issues/known-issues.js';
import { loadKnownIssues } from './known-issues/load.js';
import type { RunRequest } from './request.js';

/** What a run makes of failures: how often it tries again, and which ones it knows. */
export interface FailurePolicy {
  /** Further attempts after a failed one. */
  retries: number;
  knownIssues: KnownIssues;
}

/**
 * Whether a failed attempt is followed by another. A wrong scenario stays wrong, and a host
 * that fails is to be repaired: hiding that behind a retry would make its verdicts worthless.
 * A known failure has its verdict already.
 */
export function triedAgain(policy: FailurePolicy, failure: Failure, attempt: number): boolean {
  const random = failure.class === 'product' || failure.class === 'guest-dead';
  return random && failure.knownIssue === undefined && attempt <= policy.retries;
}

/** Watches the steps of one attempt, and marks the failures that are known. */
export class AttemptJudge {
  readonly #policy: FailurePolicy;
  readonly #scenario: NamedScenario;
  readonly #failures: Failure[] = [];

  constructor(policy: FailurePolicy, scenario: NamedScenario) {
    this.#policy = policy;
    this.#scenario = scenario;
  }

  /** The event as it is to be emitted. */
  take(event: NewEvent): NewEvent {
    if (event.type !== 'step:end' || event.failure === undefined) return event;
    const failure = this.#marked(event.failure, event.step.title);
    this.#failures.push(failure);
    return { ...event, failure };
  }

  /**
   * The attempt's verdict. `known` only when every failure of it is: a new one beside a
   * known one is what counts, and is the one returned.
   * @param first what ended the attempt; the steps' own failures have been taken already
   * @param late the guest's death, where it came to light behind a failure and all steps
   */
  verdict(
    first: Failure | undefined,
    late?: Failure,
  ): { outcome: ScenarioOutcome; failure?: Failure } {
    if (first === undefined) return { outcome: 'passed' };
    const ofSteps = this.#failures.length > 0 ? this.#failures : [this.#marked(first)];
    const all = late === undefined ? ofSteps : [...ofSteps, this.#marked(late)];
    const unknown = all.find(({ knownIssue }) => knownIssue === undefined);
    const failure = unknown ?? all[0] ?? first;
    return { outcome: unknown === undefined ? 'known' : 'failed', failure };
  }

  #marked(failure: Failure, step?: string): Failure {
    const knownIssue = this.#policy.knownIssues.match(this.#scenario, failure, step);
    return knownIssue === undefined ? failure : { ...failure, knownIssue };
  }
}

/** Read from the working directory when no other file is named. */
export const KNOWN_ISSUES_FILE = 'known-issues.yaml';

/**
 * What the run makes of failures, from its request.
 * @throws TapbootError `scenario` for what is wrong in the file of known issues
 */
export function failurePolicy({ config, workingDirectory }: RunRequest): FailurePolicy {
  const usual = join(workingDirectory, KNOWN_ISSUES_FILE);
  const file = config.knownIssuesPath ?? (existsSync(usual) ? usual : undefined);
  const entries = file === undefined ? [] : loadKnownIssues(file, workingDirectory);
  return { retries: config.retries, knownIssues: new KnownIssues(entries) };
}
