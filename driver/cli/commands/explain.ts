import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';

const EXAMPLES = `
Examples:
  $ tapboot explain          list all kinds of steps
  $ tapboot explain wait     print the page of one
`;

/** `tapboot explain`: the manual of a step kind. */
export function addExplainCommand(program: Command, { outside }: CommandContext): void {
  program
    .command('explain')
    .description('print the manual page of a step kind')
    .argument('[kind]', 'kind of step (default: list all)')
    .addHelpText('after', EXAMPLES)
    .action(async (kind: string | undefined) => {
      const { explainStep, stepKinds } = await import('../../scenario/index.js');
      if (kind === undefined) {
        const longest = Math.max(...stepKinds.map(({ length }) => length));
        for (const name of stepKinds) {
          const { description } = explainStep(name);
          outside.stdout.write(`${name.padEnd(longest)}  ${description.split('\n')[0] ?? ''}\n`);
        }
        return;
      }
      // Refuses what is no kind, with the nearest one.
      const known = explainStep(kind).kind;
      const page = join(outside.projectRoot, 'docs/steps', `${known}.md`);
      outside.stdout.write(await readFile(page, 'utf8'));
    });
}
