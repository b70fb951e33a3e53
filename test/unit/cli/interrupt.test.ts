import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';

/** A process that says when it is asked to stop, and takes its time. */
const SCRIPT = `
  const { interruptSignal } = await import(process.argv[1]);
  const { signal, release } = interruptSignal();
  const timer = setInterval(() => undefined, 1000);
  signal.addEventListener('abort', () => process.stdout.write('asked:' + signal.reason));
  process.stdin.on('data', () => { clearInterval(timer); release(); process.stdin.destroy(); });
  process.stdout.write('ready');
`;

const module = join(import.meta.dirname, '../../../driver/cli/interrupt.ts');

const start = () =>
  execa(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', SCRIPT, module], {
    reject: false,
  });

type Child = ReturnType<typeof start>;

const output = (child: Child, text: string): Promise<void> =>
  new Promise((resolve) => {
    let seen = '';
    child.stdout.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      if (seen.includes(text)) resolve();
    });
  });

t.test('the first signal asks, the second ends', async (t) => {
  for (const [name, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    const child = start();
    await output(child, 'ready');
    const asked = output(child, `asked:${name}`);
    child.kill(name);
    await asked;
    t.equal(child.exitCode, null, `${name}: still at work`);
    child.kill(name);
    const { exitCode, stderr } = await child;
    t.equal(exitCode, status);
    t.match(stderr, new RegExp(`${name}: ending the run; once more to end at once`));
  }
});

t.test('when the work is done, signals are the system’s again', async (t) => {
  const child = start();
  await output(child, 'ready');
  const asked = output(child, 'asked:SIGTERM');
  child.kill('SIGTERM');
  await asked;
  child.stdin.write('x');
  const { exitCode } = await child;
  t.equal(exitCode, 0, 'nothing keeps the process alive');
});
