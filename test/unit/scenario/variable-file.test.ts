import path from 'node:path';
import t from 'tap';
import { describeError, type TapbootError } from '../../../driver/errors.js';
import { readVariableFile } from '../../../driver/language/variables/file.js';

const read = async (text: string): Promise<Record<string, string>> =>
  await readVariableFile(path.join(t.testdir({ 'v.yaml': text }), 'v.yaml'), 'v.yaml');

t.test('a mapping of names and values', async (t) => {
  const text =
    '# mine\npassword: "pa:ss #1"\nlimit: 1.10\non: true\nkey: |\n  one\n  two\nnone: \'\'\n';
  t.strictSame(await read(text), {
    password: 'pa:ss #1',
    limit: '1.10',
    on: 'true',
    key: 'one\ntwo\n',
    none: '',
  });
});

t.test('what is wrong has its place, and nothing of a value in it', async (t) => {
  for (const [text, place, message] of [
    ['a: 1\npassword: [hunter22\n', '', 'this cannot be read as YAML [TAPBOOT_E_YAML_SYNTAX]'],
    ['a: 1\npassword: *hunter22\n', 'v.yaml:2:11: ', ''],
    [
      'a: 1\npassword: hunter22\npassword: hunter23\n',
      'v.yaml:3:1: ',
      "the key 'password' stands twice",
    ],
    ['- hunter22\n', 'v.yaml:1:1: ', 'the file holds no variables [TAPBOOT_E_VARIABLE_FILE]'],
    ['hunter22\n', 'v.yaml:1:1: ', 'the file holds no variables'],
    ['a: 1\npassword:\n  deep: hunter22\n', 'v.yaml:2:1: ', "'password' has no value"],
    ['a: 1\npassword:\n', 'v.yaml:2:1: ', "'password' has no value"],
    ['a: 1\n1x: hunter22\n', 'v.yaml:2:1: ', 'this is no name of a variable'],
  ] as const) {
    const error = await read(text).then(
      () => undefined,
      (thrown: unknown) => thrown as TapbootError,
    );
    const told = error === undefined ? 'nothing' : describeError(error);
    t.equal(error?.failureClass, 'scenario', text);
    t.ok(told.startsWith(place) && told.includes(message), told);
    t.notMatch(told, /hunter/);
  }
  await t.rejects(readVariableFile('/nowhere/v.yaml', 'v.yaml'), {
    code: 'TAPBOOT_E_VARIABLE_FILE',
    message: "cannot read the variables in 'v.yaml'",
  });
});
