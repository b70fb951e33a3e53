import { parseArgs } from 'node:util';

/** The sections of a run at home, in their order. */
export const SECTIONS = ['restore', 'trips', 'boot', 'suite', 'many'] as const;

export type SectionName = (typeof SECTIONS)[number];

/** The commit that the driver's CPU time is held against: the end of version 0.1. */
export const BASELINE = 'ed3ae8d';

/** The SPEC that stands for the live ISO which the goals abroad are for. */
export const LIVE = 'live';

const ACCELERATORS = ['auto', 'kvm', 'tcg'] as const;

/** Measured values of a suite at home, and of one abroad, which takes minutes a round. */
const REPETITIONS = { home: 5, image: 3 };

export const USAGE = `usage: npm run bench -- [--only SECTION,…] [--baseline COMMIT|none] [OPTION…]
       npm run bench -- --image ISO|SPEC|${LIVE} [OPTION…]

At home: the embedded image, as ratios of one run. With --image: any ISO, beside a stand-in for the
way of the incumbent harness (bench/README.md).

  --only SECTION,…    some of ${SECTIONS.join(', ')}
  --baseline COMMIT   whose driver's CPU time the warm suite is held against; none: do not
                      measure it (default: ${BASELINE})
  --image WHAT        an ISO, a SPEC of --image of \`tapboot run\` that leads to one (relative paths
                      count from the project), or ${LIVE}: a Debian 12 live ISO with the reference
                      agent, built if it is missing
  --repetitions N     values of each figure (default: ${String(REPETITIONS.home)}; with --image ${String(REPETITIONS.image)})
  --accel ACCEL       ${ACCELERATORS.join(', ')}: as for \`tapboot run\`; the stand-in always uses TCG (default: auto)
  --json FILE         all values (default: bench/results.json; with --image bench/results-image.json)
  --write             put the tables into bench/RESULTS.md as well: whole runs on an idle machine only
  --help

Tables go to stdout. A missed goal is named and fails nothing. Exit code 2: a wrong command line; 1: something could not be
measured, or a run of tapboot gave no verdict on the image.
`;

/** What a command line of the benchmark asks for. */
export interface BenchOptions {
  only: readonly SectionName[];
  /** SPEC of the image abroad, or {@link LIVE}; absent: at home. */
  image?: string;
  /** Commit of the tree that is measured beside ours; absent: none. */
  baseline?: string;
  repetitions: number;
  accel: (typeof ACCELERATORS)[number];
  json: string;
  write: boolean;
}

/** A command line that asks for nothing the benchmark can do. */
export class UsageError extends Error {}

/**
 * Reads a command line.
 * @returns `help` where that was asked for
 * @throws UsageError naming the option, what it got and what it takes
 */
export function readOptions(args: readonly string[]): BenchOptions | 'help' {
  const given = parse(args);
  if (given.help === true) return 'help';
  const where = given.image === undefined ? 'home' : 'image';
  for (const name of ['only', 'baseline'] as const) {
    if (where === 'home' || given[name] === undefined) continue;
    throw new UsageError(`--${name} is for a run at home: leave it out, or --image`);
  }
  const baseline = given.baseline ?? BASELINE;
  const only = (given.only ?? SECTIONS.join(',')).split(',');
  const json = { home: 'bench/results.json', image: 'bench/results-image.json' };
  const options: BenchOptions = {
    only: only.map((name) => oneOf('only', name, SECTIONS)),
    image: given.image === undefined ? undefined : imageSpec(given.image),
    baseline: baseline === 'none' ? undefined : baseline,
    repetitions: count('repetitions', given.repetitions ?? String(REPETITIONS[where])),
    accel: oneOf('accel', given.accel ?? 'auto', ACCELERATORS),
    json: given.json ?? json[where],
    write: given.write ?? false,
  };
  if (options.write && where === 'home' && SECTIONS.some((name) => !options.only.includes(name))) {
    throw new UsageError('--write keeps whole runs: leave out --only, or --write');
  }
  return options;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: 'string' },
        baseline: { type: 'string' },
        image: { type: 'string' },
        repetitions: { type: 'string' },
        accel: { type: 'string' },
        json: { type: 'string' },
        write: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** A SPEC as it stands; anything else is the path of an ISO. */
function imageSpec(text: string): string {
  if (text === '') throw new UsageError('--image: got nothing, expected an ISO or a SPEC');
  return text === LIVE || /^(?:debian|file|nix)(?=[:,]|$)/.test(text) ? text : `file:${text}`;
}

function oneOf<T extends string>(option: string, got: string, values: readonly T[]): T {
  const value = values.find((candidate) => candidate === got);
  if (value !== undefined) return value;
  throw new UsageError(`--${option}: got “${got}”, expected ${values.join(', ')}`);
}

function count(option: string, got: string): number {
  if (/^[1-9]\d{0,3}$/.test(got)) return Number(got);
  throw new UsageError(`--${option}: got “${got}”, expected a number from 1 to 9999`);
}
