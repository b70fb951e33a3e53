import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { findRun } from '../../../../driver/report/html/find-run.js';

t.test('a run by path, by name, or the newest', (t) => {
  const run = () => ({ logs: { 'events.jsonl': '' } });
  const root = t.testdir({
    notes: {
      '2030-01-01T000000Z-vm-run': run(),
      '2030-01-02T000000Z-vm-run': run(),
      '2030-01-03T000000Z-vm-run': { logs: {} },
      other: run(),
    },
  });
  const notes = join(root, 'notes');
  const [first, second] = [1, 2].map((day) =>
    join(notes, `2030-01-0${String(day)}T000000Z-vm-run`),
  );
  utimesSync(second ?? '', 1000, 1000);
  utimesSync(first ?? '', 2000, 2000);
  t.equal(findRun(undefined, notes, root), first, 'the last one written, of those with events');
  t.equal(findRun('2030-01-02T000000Z-vm-run', notes, root), second);
  t.equal(findRun('notes/other', notes, root), join(notes, 'other'));
  t.throws(() => findRun('nothing', notes, root), { code: 'TAPBOOT_E_NO_RUN' });
  t.throws(() => findRun(undefined, join(root, 'empty'), root), { code: 'TAPBOOT_E_NO_RUN' });
  t.throws(() => findRun('2030-01-03T000000Z-vm-run', notes, root), { code: 'TAPBOOT_E_NO_RUN' });
  t.end();
});
