import { Command } from 'commander';
import path from 'node:path';
import t from 'tap';
import {
  addVariableOptions,
  givenVariables,
  variableFlags,
  type VariableOptions,
} from '../../../driver/cli/variable-options.js';
import { describeError, type TapbootError } from '../../../driver/errors.js';

const workingDirectory = t.testdir({
  'v.yaml': 'a: file\nb: file\nc: file\n',
  'w.yaml': 'c: later\n',
});

async function given(args: string[], environment: Record<string, string> = {}) {
  const command = addVariableOptions(new Command()).exitOverride();
  command.parse(args, { from: 'user' });
  const flags = variableFlags(command.opts<VariableOptions>());
  return await givenVariables(flags, { environment, workingDirectory });
}

t.test('from the command line, the environment, and files, in this order', async (t) => {
  t.same(await given([]), {});
  t.same(
    await given(
      [
        '--var',
        'a=here',
        '--var-file',
        'v.yaml',
        '--var-file',
        'w.yaml',
        '--var-env',
        'a',
        '--var-env',
        'b=TB_B',
      ],
      { a: 'environment', TB_B: 'environment=1' },
    ),
    { a: 'here', b: 'environment=1', c: 'later' },
  );
  t.same(await given(['--var-file', path.join(workingDirectory, 'w.yaml')]), { c: 'later' });
});

t.test('a variable that is not there', async (t) => {
  for (const [args, got] of [
    [['--var-env', 'password=hunter22'], 'unset'],
    [['--var-env', 'password=TB_EMPTY'], 'empty'],
  ] as const) {
    const error = await given([...args], { TB_EMPTY: '' }).catch((thrown: unknown) => thrown);
    const told = describeError(error as TapbootError);
    t.match(told, /^--var-env password has no value \[TAPBOOT_E_VARIABLE_ENVIRONMENT\]/);
    t.match(told, `got:      ${got}`);
    t.notMatch(told, /hunter22/, 'a value that was typed in the wrong place is not repeated');
  }
});
