import type { Flags } from '../config/config.js';

/** `tapboot run` as it was typed. */
export interface RunFlags extends Flags {
  /** Names, ids or files of scenarios; empty for all. */
  scenarios: string[];
  /** Runs only what carries one of these. */
  tags: string[];
  /** Runs nothing that carries one of these. */
  notTags: string[];
  /** `--var k=v`, the strongest source of a scenario's variables. */
  variables: Record<string, string>;
}
