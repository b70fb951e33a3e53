import t from 'tap';
import { lstatSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createRunDirectory, RUN_DIRECTORY_NAME } from '../../../driver/record/run-directory.js';

const NOW = new Date('2025-12-23T02:30:32.999Z');

t.test('a name a run, also within one second', async (t) => {
  const root = path.join(t.testdir(), 'notes');
  const names = [1, 2, 3].map(() => createRunDirectory(root, NOW).name);
  t.strictSame(names, [
    '2025-12-23T023032Z-vm-run',
    '2025-12-23T023032Z-vm-run-2',
    '2025-12-23T023032Z-vm-run-3',
  ]);
  t.ok(names.every((name) => RUN_DIRECTORY_NAME.test(name)));
});

t.test('the places are there from the start', async (t) => {
  const run = createRunDirectory(t.testdir(), NOW);
  const inside = (file: string): string => path.relative(run.path, file);
  t.equal(inside(run.harnessLog), 'logs/harness.log');
  t.equal(inside(run.serialLog), 'logs/serial.log');
  t.equal(inside(run.metadata), 'logs/metadata.json');
  t.equal(inside(run.diagnostics), 'logs/diagnostics');
  t.ok(lstatSync(run.harnessLog).isFile());
  t.ok(lstatSync(run.serialLog).isFile());
  t.ok(lstatSync(run.diagnostics).isDirectory());
});

t.test('the first VM has the places of the run; several are all below logs/vms', async (t) => {
  const run = createRunDirectory(t.testdir(), NOW);
  const first = run.vm('main');
  t.match(first, { serialLog: run.serialLog, diagnostics: run.diagnostics });
  t.equal(first.artifacts, path.join(run.path, 'artifacts', 'main'));
  t.throws(() => lstatSync(path.join(run.logs, 'vms')), { code: 'ENOENT' }, 'one VM needs no more');
  const second = run.vm('resurrect');
  t.equal(second.serialLog, path.join(run.logs, 'vms', 'resurrect', 'serial.log'));
  t.equal(run.vm('main'), first);
  t.equal(run.vm('resurrect'), second);
  run.vm('third');
  writeFileSync(first.serialLog, 'console of the first');
  const linked = path.join(run.logs, 'vms', 'main', 'serial.log');
  t.equal(readFileSync(linked, 'utf8'), 'console of the first');
  t.equal(
    realpathSync(path.join(run.logs, 'vms', 'main', 'diagnostics')),
    realpathSync(run.diagnostics),
  );
});

t.test('no name of a VM leads out of the run directory, and none meets another', async (t) => {
  const run = createRunDirectory(t.testdir(), NOW);
  const long = 'x'.repeat(300);
  const names = ['main', '../../etc', 'a b', 'a/b', 'a-b', '..', '', 'S4 x[a=1]', long, `${long}y`];
  const places = names.map((name) => run.vm(name));
  t.equal(new Set(places.map(({ serialLog }) => serialLog)).size, names.length);
  t.ok(places.every(({ serialLog }) => serialLog.startsWith(run.logs + path.sep)));
  const { size } = new Set(places.map(({ artifacts }) => path.relative(run.path, artifacts)));
  t.equal(size, names.length);
  for (const { artifacts, serialLog } of places) {
    t.match(path.relative(run.path, artifacts), /^artifacts\/[^/.][^/]*$/);
    t.notMatch(serialLog, /\.\.\//);
  }
});

t.test('a root that cannot be made is an infrastructure failure', async (t) => {
  const root = path.join(t.testdir({ file: '' }), 'file', 'notes');
  t.throws(() => createRunDirectory(root, NOW), {
    code: 'TAPBOOT_E_RECORD_WRITE',
    failureClass: 'infra',
  });
});
