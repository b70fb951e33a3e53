import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';

const cli = join(import.meta.dirname, '../../../driver/cli');

/** Runs a script in a process of its own that catches what nobody else does. */
const run = (script: string) =>
  execa(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    reject: false,
    env: { CLI: cli },
  });

const BEGIN = `
  const { catchUncaught } = await import(process.env.CLI + '/uncaught.ts');
  const { interruptSignal } = await import(process.env.CLI + '/interrupt.ts');
  catchUncaught();
  const full = () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
`;
const ways = {
  'thrown in a callback': 'setTimeout(() => { throw full(); }, 1);',
  'a rejection that nobody handles': 'void Promise.reject(full());',
};

for (const [name, breaks] of Object.entries(ways)) {
  await t.test(`${name}: the work ends in its own way`, async (t) => {
    const { exitCode, stdout, stderr } = await run(`${BEGIN}
      const { signal, release } = interruptSignal();
      const work = setInterval(() => undefined, 1000);
      signal.addEventListener('abort', () => {
        ${breaks}
        setTimeout(() => {
          process.stdout.write('ended by ' + signal.reason.code);
          clearInterval(work);
          release();
        }, 50);
      });
      ${breaks}
    `);
    t.equal(stdout, 'ended by TAPBOOT_E_HOST_FULL');
    t.equal(exitCode, 4);
    t.equal(stderr, 'tapboot: the host has no space left for what the run writes', 'told once');
  });

  await t.test(`${name}: without any work`, async (t) => {
    const { exitCode, stderr } = await run(
      `${BEGIN} ${breaks} setInterval(() => undefined, 1000);`,
    );
    t.equal(exitCode, 4);
    t.match(stderr, /^tapboot: .* \[TAPBOOT_E_HOST_FULL\]\n {2}expected: free space/);
  });
}

await t.test('a defect is told with its stack', async (t) => {
  const { exitCode, stderr } = await run(`${BEGIN}
    const { signal, release } = interruptSignal();
    signal.addEventListener('abort', release);
    setTimeout(() => { throw new TypeError('boom'); }, 1);
  `);
  t.equal(exitCode, 4);
  t.match(stderr, /^tapboot: boom \[TAPBOOT_E_UNEXPECTED\]\n.*TypeError: boom\n.* at /s);
});
