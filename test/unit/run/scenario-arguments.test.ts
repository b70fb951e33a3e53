import { join } from 'node:path';
import t from 'tap';
import { scenarioArguments, scenarioDirectory } from '../../../driver/run/scenario-arguments.js';

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
