import type { Command } from 'commander';
import type { Outside } from './outside.js';

/** Where a command leaves its exit code when it ends without an error. */
export interface CommandResultCode {
  exitCode: number;
}

/** What a command is built with. */
export interface CommandContext {
  outside: Outside;
  result: CommandResultCode;
}

/** How a command adds itself; what it needs for its work, it imports when it is called. */
export type AddCommand = (program: Command, context: CommandContext) => void;
