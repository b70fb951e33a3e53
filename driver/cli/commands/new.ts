import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';

const EXAMPLES = `
Examples:
  $ tapboot new installs-grub                      creates scenarios/installs-grub.yaml
  $ tapboot new checks/boots-fast.yaml             creates that file
`;

/** `tapboot new`: a scenario to start from. */
export function addNewCommand(program: Command, { outside }: CommandContext): void {
  program
    .command('new')
    .description('create a commented scenario')
    .argument('<name>', 'NAME (creates scenarios/NAME.yaml), or a path that ends in .yaml')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string) => {
      const [{ newScenario }, { scenarioError }, { hasCode }] = await Promise.all([
        import('../../scenario/new-scenario.js'),
        import('../../errors.js'),
        import('../../host/atomic-file.js'),
      ]);
      const { workingDirectory, projectRoot, stdout } = outside;
      const path = /\.ya?ml$/.test(name) ? name : join('scenarios', `${name}.yaml`);
      const file = resolve(workingDirectory, path);
      const schema = join(projectRoot, 'docs/schemas/scenario.schema.json');
      const near = relative(dirname(file), schema);
      const text = newScenario(name, near);
      try {
        await mkdir(dirname(file), { recursive: true });
        // Never over a file that is there.
        await writeFile(file, text, { flag: 'wx' });
      } catch (cause) {
        if (!hasCode(cause, 'EEXIST')) throw cause;
        throw scenarioError('TAPBOOT_E_NEW_EXISTS', `${path} already exists`, {
          expected: 'the name of a new file',
          hint: 'Choose another name, or remove the file first.',
          cause,
        });
      }
      stdout.write(
        `${path}\nnext: edit it, then: tapboot check ${path} and: tapboot run ${path}\n`,
      );
    });
}
