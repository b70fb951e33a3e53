import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';

const program = new URL('../../../bench/all-cpu.pl', import.meta.url).pathname;
const BUSY = 'i=0; while [ "$i" -lt 200000 ]; do i=$((i+1)); done';

t.test('CPU seconds of a command, with what outlives it', async (t) => {
  const report = join(t.testdir({}), 'cpu');
  const seconds = async (script: string): Promise<number> => {
    const { exitCode, stderr } = await execa('perl', [program, report, 'sh', '-c', script], {
      reject: false,
    });
    t.equal(exitCode, 3, stderr);
    return Number(await readFile(report, 'utf8'));
  };
  const idle = await seconds('exit 3');
  const own = await seconds(`${BUSY}; exit 3`);
  const orphan = await seconds(`(sh -c '${BUSY}' &) ; exit 3`);
  t.ok(idle < own / 4, `nothing: ${String(idle)}, something: ${String(own)}`);
  t.ok(orphan > own / 4, `left behind: ${String(orphan)}, its own: ${String(own)}`);
});

t.test('what it says of a command that is not there, or that a signal ended', async (t) => {
  const report = join(t.testdir({}), 'cpu');
  const missing = await execa('perl', [program, report, '/nonexistent'], { reject: false });
  t.not(missing.exitCode, 0);
  t.match(missing.stderr, /all-cpu\.pl: \/nonexistent: No such file/);
  const killed = await execa('perl', [program, report, 'sh', '-c', 'kill -TERM $$'], {
    reject: false,
  });
  t.equal(killed.exitCode, 128 + 15);
});
