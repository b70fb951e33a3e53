import { basename } from 'node:path';
import { scenarioError, type TapbootError } from '../../errors.js';
import type { Failure, KnownIssue, ScenarioOutcome } from '../../events/events.js';
import type { SourceLocation } from '../../location.js';
import { asOneError } from '../../language/problem.js';
import type { WrittenIssue } from './schema.js';

/** An entry with its place in the file. */
export interface IssueEntry extends WrittenIssue {
  at: SourceLocation;
}

/** The names by which an entry may call a scenario. */
export interface NamedScenario {
  id: string;
  baseId: string;
  name: string;
  file: string;
}

/**
 * What is known of failures, for one run: finds the entry of a failure, and in the end tells
 * which entries should go.
 *
 * Only `product` and `guest-dead` failures can be known. The other classes are no verdict on
 * the product: a broken scenario or host is repaired, not tolerated.
 */
export class KnownIssues {
  readonly #entries: readonly IssueEntry[];
  /** `YYYY-MM-DD`, UTC. */
  readonly #today: string;
  readonly #matched = new Set<IssueEntry>();
  /** Entries whose scenario has had a verdict. */
  readonly #tried = new Set<IssueEntry>();

  constructor(entries: readonly IssueEntry[] = [], now = new Date()) {
    this.#entries = entries;
    this.#today = now.toISOString().slice(0, 10);
  }

  /**
   * The first entry that names this failure and has not expired.
   * @param step title of the step that failed; undefined for a failure outside of steps
   */
  match(scenario: NamedScenario, failure: Failure, step?: string): KnownIssue | undefined {
    if (failure.class !== 'product' && failure.class !== 'guest-dead') return undefined;
    const entry = this.#entries.find(
      (candidate) =>
        !this.#expired(candidate) &&
        answersTo(scenario, candidate.scenario) &&
        (candidate.step === undefined || candidate.step === step) &&
        (candidate.message === undefined || says(failure, candidate.message)),
    );
    if (entry === undefined) return undefined;
    this.#matched.add(entry);
    const { reason, owner, expires } = entry;
    return { reason, owner, expires };
  }

  /** Takes note of a verdict: from now on its entries are expected to have matched. */
  ended(scenario: NamedScenario, outcome: ScenarioOutcome): void {
    if (outcome === 'queued' || outcome === 'interrupted') return;
    for (const entry of this.#entries) {
      if (answersTo(scenario, entry.scenario)) this.#tried.add(entry);
    }
  }

  /** Entries that have expired, one sentence each; known before anything runs. */
  expired(): string[] {
    return this.#entries
      .filter((entry) => this.#expired(entry))
      .map(({ at, scenario, expires }) => {
        const place = `${at.file}:${String(at.line)}`;
        return `${place}: the known issue of ${scenario} expired on ${expires}; the run will fail`;
      });
  }

  /**
   * Fails the run for entries that should go.
   * @throws TapbootError `scenario` TAPBOOT_E_KNOWN_ISSUE_EXPIRED for an entry past its day,
   *   TAPBOOT_E_KNOWN_ISSUE_STALE for one whose scenario had a verdict without its failure
   */
  settle(): void {
    const problems = this.#entries.flatMap((entry) => {
      if (this.#expired(entry)) return [this.#expiry(entry)];
      const stale = this.#tried.has(entry) && !this.#matched.has(entry);
      return stale && entry.intermittent !== true ? [staleness(entry)] : [];
    });
    if (problems.length > 0) throw asOneError(problems);
  }

  #expired({ expires }: IssueEntry): boolean {
    return this.#today > expires;
  }

  #expiry({ at, scenario, owner, reason, expires }: IssueEntry): TapbootError {
    return scenarioError(
      'TAPBOOT_E_KNOWN_ISSUE_EXPIRED',
      `the known issue of ${scenario} expired`,
      {
        at,
        expected: `the defect gone by ${expires} (${reason})`,
        got: `today is ${this.#today}`,
        hint: `Ask ${owner}: remove the entry when the defect is gone, else agree on a new day.`,
      },
    );
  }
}

function staleness({ at, scenario, owner, reason }: IssueEntry): TapbootError {
  return scenarioError(
    'TAPBOOT_E_KNOWN_ISSUE_STALE',
    `the known issue of ${scenario} did not show`,
    {
      at,
      expected: `the failure that it names (${reason})`,
      got: 'the scenario ran without it',
      hint: `Remove the entry (owner: ${owner}); of a defect that shows at times only, say intermittent: true.`,
    },
  );
}

function answersTo({ id, baseId, name, file }: NamedScenario, wanted: string): boolean {
  return [id, baseId, name, file, basename(file)].includes(wanted.replace(/^\.\//, ''));
}

function says({ message, mismatches }: Failure, text: string): boolean {
  const texts = [
    message,
    ...mismatches.flatMap(({ what, expected, got }) => [what, expected, got]),
  ];
  return texts.some((candidate) => candidate.includes(text));
}
