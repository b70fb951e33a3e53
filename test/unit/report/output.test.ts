import t from 'tap';
import { execa } from 'execa';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { guardedOutput } from '../../../driver/report/output.js';

const program = (body: string): string[] => {
  const module = path.join(import.meta.dirname, '../../../driver/report/output.ts');
  const text = `import { guardedOutput } from ${JSON.stringify(module)};
    const out = guardedOutput(process.stdout, (error) => console.error('told: ' + error.code));
    ${body}`;
  return ['--import', 'tsx', '--input-type=module', '-e', text];
};

t.test('a reader that leaves ends the report, not the run', async (t) => {
  const body = `
    for (let i = 0; i < 20000; i++) { out.write('ok ' + i + '\\n'); if (i % 100 === 0) await new Promise(setImmediate); }
    await out.close();
    console.error('broken: ' + out.broken);
    process.exitCode = 3;`;
  const result = await execa(
    'bash',
    ['-c', '"$@" | head -1; exit "${PIPESTATUS[0]}"', 'bash', 'node', ...program(body)],
    {
      reject: false,
    },
  );
  t.equal(result.exitCode, 3, "the run's own exit code");
  t.equal(result.stdout, 'ok 0');
  t.equal(result.stderr, 'broken: true', 'and no one is told of an error');
});

t.test('nothing is lost to a slow reader', async (t) => {
  const body = `
    for (let i = 0; i < 20000; i++) out.write('line ' + i + '\\n');
    await out.close();
    process.exit(0);`;
  const result = await execa('bash', [
    '-c',
    '"$@" | { sleep 1; wc -l; }',
    'bash',
    'node',
    ...program(body),
  ]);
  t.equal(result.stdout.trim(), '20000');
});

t.test('a full disk behind a redirection is told, once', async (t) => {
  const body = `
    for (let i = 0; i < 100; i++) { out.write('x'.repeat(1000)); await new Promise(setImmediate); }
    await out.close();`;
  const result = await execa('bash', ['-c', '"$@" >/dev/full', 'bash', 'node', ...program(body)], {
    reject: false,
  });
  t.equal(result.stderr, 'told: ENOSPC');
});

t.test('close waits for what was written, and only that', async (t) => {
  const stream = new PassThrough();
  const output = guardedOutput(stream);
  await output.close();
  output.write('a');
  output.write('');
  output.write('b');
  await output.close();
  t.equal(String(stream.read()), 'ab');
});
