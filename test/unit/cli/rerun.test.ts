import t from 'tap';
import { rerunCommand } from '../../../driver/cli/rerun.js';
import type { RunFlags } from '../../../driver/cli/run-flags.js';

const place = { workingDirectory: '/w', projectRoot: t.testdir({ scenarios: {} }) };
const flags: RunFlags = {
  scenarios: ['a', 'b'],
  tags: ['slow'],
  notTags: [],
  variables: { size: '4 G' },
  varEnv: [],
  varFile: [],
  image: 'debian:iso',
  fresh: true,
  color: true,
  repeat: '5',
  report: ['junit=x.xml'],
  grep: 'a',
  lastFailed: true,
  shard: '1/2',
  shardTimes: 'l.jsonl',
  bail: true,
  timeLimit: '1h',
};

t.test('one scenario as this run did', async (t) => {
  const own = {
    id: 'a[x=1]',
    file: 'scenarios/a.yaml',
    redact: [],
    path: `${place.projectRoot}/scenarios/a.yaml`,
  };
  t.same(rerunCommand(flags, own, place), [
    ...['tapboot', 'run', '--image', 'debian:iso', '--fresh', '--var', 'size=4 G', 'a[x=1]'],
  ]);
  const elsewhere = { id: 'z', file: 'my/z.yaml', path: '/w/my/z.yaml', redact: [] };
  t.same(rerunCommand({ ...flags, color: false, fresh: false }, elsewhere, place), [
    ...['tapboot', 'run', '--image', 'debian:iso', '--no-color', '--var', 'size=4 G', 'my/z.yaml'],
  ]);
  const slow = { ...flags, timeoutFactor: 'auto', maxFailures: '3' };
  t.same(rerunCommand(slow, own, place).slice(5, 7), ['--timeout-factor', 'auto']);
  const from = { scenario: 'a', checkpoint: 'c', at: { file: 'f', line: 1, column: 1 } };
  t.same(rerunCommand(flags, { ...own, from }, place).slice(-2), ['a', 'a[x=1]']);
  const given = {
    ...flags,
    variables: { size: '4G', password: 'hunter22' },
    varEnv: ['token=CI_TOKEN'],
    varFile: ['v.yaml'],
  };
  t.same(
    rerunCommand(given, { ...own, redact: ['password', 'token'] }, place).slice(5, -1),
    [
      ...['--var-file', 'v.yaml', '--var-env', 'token=CI_TOKEN'],
      ...['--var', 'size=4G', '--var-env', 'password'],
    ],
    'a secret is not told again',
  );
});
