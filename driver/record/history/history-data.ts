import type { RunOutcome } from '../../events/events.js';

/** `tapboot history --json`, and what the history page is drawn from. */
export interface HistorySummary {
  ledger: string;
  runs: number;
  outcomes: Record<RunOutcome | 'unknown', number>;
  interrupted: number;
  first: string;
  last: string;
  metrics: ({ metric: string; configuration: string } & DurationSummary)[];
  scenarios: ({
    id: string;
    file: string;
    verdicts: number;
    counts: Record<string, number>;
    failures: Record<string, number>;
    passRate: number | undefined;
    flakeRate: number | undefined;
    verdictsRecent: { run: string; timestamp: string; outcome: string; seconds?: number }[];
  } & DurationSummary)[];
  regressions: Regression[];
  /** Lines that could not be read; the first twenty are kept. */
  badLines: { count: number; examples: { line: number; reason: string }[] };
  leftOut: number;
}

/** Durations of one thing; seconds, rates as shares. Undefined is left out of JSON. */
export interface DurationSummary {
  count: number;
  median: number | undefined;
  p95: number | undefined;
  /** Last ten against the ten before. */
  trend: number | undefined;
  /** Latest values, oldest first. */
  recent: { run: string; timestamp: string; seconds: number }[];
}

/** Something that got worse, named with the run since which it is. */
export interface Regression {
  /** What it is of: `boot_to_ssh (debian:iso, tcg)`, `removes-raid-lvm-residue, restored`. */
  what: string;
  kind: 'slower' | 'fails more';
  before: number;
  after: number;
  since: { run: string; timestamp: string };
  /** Of Pettitt's test. */
  p: number;
  /** One sentence: `boot_to_ssh up 38 % since RUN (DATE): median 8.1 s, was 5.9 s`. */
  text: string;
}
