import { join } from 'node:path';
import t from 'tap';
import { collect, collectVariable, wholeNumber } from '../../../driver/cli/option-values.js';
import { findProjectRoot, projectVersion } from '../../../driver/cli/project-root.js';
import { scenarioArguments, scenarioDirectory } from '../../../driver/cli/scenario-arguments.js';
import { usageError } from '../../../driver/cli/usage-error.js';

/** A directory of scenarios; made anew for each use. */
const files = () => ({ 'a.yaml': '', 'b.yml': '', 'notes.txt': '', plans: { 'p.yaml': '' } });

t.test('names are looked up in the scenario directory', async (t) => {
  const place = { workingDirectory: t.testdir({ scenarios: files() }), projectRoot: '/none' };
  const scenarios = join(place.workingDirectory, 'scenarios');
  t.same(scenarioArguments([], place), { paths: [scenarios], names: [] });
  t.same(scenarioArguments(['one', 'two'], place), { paths: [scenarios], names: ['one', 'two'] });
  t.same(
    scenarioArguments(['scenarios'], place),
    { paths: [scenarios], names: ['scenarios'] },
    'a bare word is a name, whatever lies here',
  );
});

t.test('files and directories are read from where they are', async (t) => {
  const workingDirectory = t.testdir({ scenarios: files(), mine: files(), 'x.yaml': '' });
  const place = { workingDirectory, projectRoot: '/none' };
  const at = (name: string): string => join(workingDirectory, name);
  t.same(scenarioArguments(['x.yaml', './mine'], place), {
    paths: [at('x.yaml'), at('mine')],
    names: [],
  });
  t.same(
    scenarioArguments(['one', './mine', 'scenarios/a.yaml'], place),
    {
      paths: [at('scenarios'), at('mine/a.yaml'), at('mine/b.yml')],
      names: ['one', at('mine/a.yaml'), at('mine/b.yml'), at('scenarios/a.yaml')],
    },
    'mixed with names: each file is chosen, and read once',
  );
  t.same(scenarioArguments(['typo/a.yaml'], place).names, ['typo/a.yaml'], 'the lookup complains');
});

t.test('without scenarios of one’s own, tapboot’s are used', async (t) => {
  const workingDirectory = t.testdir({});
  t.equal(scenarioDirectory({ workingDirectory, projectRoot: '/tapboot' }), '/tapboot/scenarios');
});

t.test('values of options', async (t) => {
  t.same(collect('b', ['a']), ['a', 'b']);
  t.same(collectVariable('a=1=2', { b: '' }), { b: '', a: '1=2' });
  t.same(collectVariable('a='), { a: '' });
  t.throws(() => collectVariable('novalue'), /name=value/);
  t.throws(() => collectVariable('=x'), /name=value/);
  t.equal(wholeNumber(0)('0'), 0);
  for (const wrong of ['-1', '1.5', 'x', '', '1e3']) {
    t.throws(() => wholeNumber(0)(wrong), /whole number/, wrong);
  }
  t.throws(() => wholeNumber(1)('0'), /1 or more/);
});

t.test('commander’s words become an error of ours', async (t) => {
  const near = usageError("error: unknown option '--imge'\n(Did you mean --image?)");
  t.equal(near.message, "unknown option '--imge'");
  t.equal(near.code, 'TAPBOOT_E_USAGE');
  t.equal(near.failureClass, 'scenario');
  t.equal(near.details.hint, 'Did you mean --image?');
  t.equal(usageError('error: x').details.hint, 'tapboot --help shows what there is');
});

t.test('the project root is the same from sources and from the build', async (t) => {
  const root = t.testdir({
    'package.json': '{"version": "7.8.9"}',
    image: {},
    driver: { cli: {} },
    dist: { driver: { cli: {} } },
  });
  t.equal(findProjectRoot(join(root, 'driver/cli/x.ts')), root);
  t.equal(findProjectRoot(join(root, 'dist/driver/cli/x.js')), root);
  t.equal(projectVersion(root), '7.8.9');
  t.throws(() => findProjectRoot('/no/such/place/x.js'), { code: 'TAPBOOT_E_INSTALLATION' });
});
