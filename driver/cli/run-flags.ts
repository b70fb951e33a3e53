import type { Flags } from '../config/settings-table.js';
import type { VariableFlags } from './variable-options.js';

/** `tapboot run` as it was typed. */
export interface RunFlags extends Flags, VariableFlags {
  /** Names, ids or files of scenarios; empty for all. */
  scenarios: string[];
  /** Runs only what carries one of these. */
  tags: string[];
  /** Runs nothing that carries one of these. */
  notTags: string[];
}
