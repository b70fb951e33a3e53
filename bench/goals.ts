// The goals of the project, and nothing that measures.

/** The goals of a run at home: ratios of one run on an idle machine, default workers each. */
const HOME = {
  fresh: { what: 'suite fresh / bare QEMU’s boot to `login:`', wanted: 3.6 },
  warm: { what: 'suite warm / bare QEMU’s boot to `login:`', wanted: 1.8 },
  more: { what: 'one more scenario / restore floor whose command forks', wanted: 1 },
  restore: { what: 'restore to first command / restore floor whose command forks', wanted: 1.5 },
  driver: { what: 'driver’s CPU seconds in a warm suite / those of the baseline', wanted: 0.7 },
} as const;

/** The goals abroad, on the Debian 12 live ISO with the reference agent. */
const ABROAD = {
  firstWall: { what: 'first run / stand-in, wall', wanted: 0.6 },
  firstCpu: { what: 'first run / stand-in, CPU', wanted: 0.6 },
  warmWall: { what: 'suite warm / stand-in, wall', wanted: 0.45 },
  warmCpu: { what: 'suite warm / stand-in, CPU', wanted: 0.6 },
  residueWall: { what: 'S4 alone, warm / stand-in’s S4, wall', wanted: 0.15 },
  residueCpu: { what: 'S4 alone, warm / stand-in’s S4, CPU', wanted: 0.15 },
} as const;

export const GOALS = { ...HOME, ...ABROAD };

export type GoalName = keyof typeof GOALS;

/** A goal, and how far this run met it. */
export interface Goal {
  what: string;
  /** Largest ratio that is wanted. */
  wanted: number;
  /** The ratio of this run, or the reason why there is none. */
  got: number | { unmeasured: string };
}

/** @param got the ratio of this run, or the reason why there is none */
export const goal = (name: GoalName, got: Goal['got']): Goal => ({ ...GOALS[name], got });

export type Verdict = 'met' | 'MISSED' | 'NOT MEASURED';

/** A ratio that is no number counts as missed. */
export function verdictOf({ wanted, got }: Goal): Verdict {
  if (typeof got === 'object') return 'NOT MEASURED';
  return got <= wanted ? 'met' : 'MISSED';
}
