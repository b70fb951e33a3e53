import type { Command } from 'commander';
import { collect } from './option-values.js';
import { addSettings } from './setting-options.js';

/** Tags as commander has them. */
export interface TagOptions {
  tag: string[];
  notTag: string[];
}

/** The options that choose scenarios, the same for every command that takes them. */
export const addSelectionOptions = (command: Command): Command =>
  addSettings(
    command
      .option(
        '--tag <expr>',
        "only scenarios with this tag, or 'a and not (b or c)' (repeatable: any of them)",
        collect,
        [],
      )
      .option('--not-tag <expr>', 'skip scenarios with this tag (repeatable)', collect, []),
    ...(['grep', 'lastFailed', 'shard', 'shardTimes'] as const),
  );
