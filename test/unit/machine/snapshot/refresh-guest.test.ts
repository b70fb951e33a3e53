import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import {
  freshenCommand,
  INSTALL_FRESHENER,
  replaceAuthorizedKey,
  freshenOrder,
  freshenProgram,
} from '../../../../driver/machine/snapshot/refresh-guest.js';
import { startFreshener } from '../../../../driver/machine/snapshot/scripts.generated.js';

t.test('the command writes the program byte by byte, in bash and in sh', async (t) => {
  const directory = t.testdir({});
  for (const shell of ['bash', 'sh']) {
    const file = join(directory, shell);
    await execa(shell, ['-c', INSTALL_FRESHENER.replaceAll('/run/tapboot-freshen', file)]);
    t.ok(readFileSync(file).equals(freshenProgram()));
    t.equal(statSync(file).mode & 0o777, 0o700);
  }
});

// It would set this host's clock, if it got an order: it gets none.
const otherwise = process.arch === 'x64' ? false : 'the program is for x86-64';
t.test('the program ends with its input', { skip: otherwise }, async (t) => {
  const file = join(t.testdir({}), 'freshen');
  writeFileSync(file, freshenProgram(), { mode: 0o700 });
  const known = await execa('file', ['--brief', file], { reject: false });
  if (known.exitCode === 0) t.match(known.stdout, /ELF 64-bit LSB executable, x86-64/);
  for (const length of [0, 79]) {
    const ended = await execa(file, { input: Buffer.alloc(length), timeout: 10_000 });
    t.match(ended, { exitCode: 0, stdout: '' });
  }
});

t.test('an order is 80 bytes: seconds, nanoseconds, seed', (t) => {
  const order = freshenOrder(1_700_000_000_500, Buffer.alloc(64, 7));
  t.equal(order.length, 80);
  t.equal(order.readBigInt64LE(0), 1_700_000_000n);
  t.equal(order.readBigInt64LE(8), 500_000_000n);
  t.ok(order.subarray(16).equals(Buffer.alloc(64, 7)));
  t.end();
});

/** Stands for the program: keeps the orders it gets, and answers as it is told. */
const standIn = (answer: string, directory: string): string =>
  `#!/bin/bash\nn=0\nwhile LC_ALL=C IFS= read -r -d '' -n 1 c || [ "$c" ]; do n=$((n + 1)); ` +
  `[ $((n % 80)) = 0 ] && { echo $n >> ${directory}/orders; printf '${answer}'; }; done\n`;

/** Runs lines in a shell, with a stand-in for the program, `date`, and /dev/urandom. */
async function inShell(t: Test, shell: string, answer: string, lines: (string | string[])[]) {
  const directory = t.testdir({ urandom: '' });
  const program = join(directory, 'program');
  writeFileSync(program, standIn(answer, directory), { mode: 0o700 });
  const text = lines
    .flat()
    .join('\n')
    .replaceAll('/run/tapboot-freshen', program)
    .replaceAll('/dev/urandom', join(directory, 'urandom'));
  const { stdout } = await execa(
    shell,
    ['-c', `date() { echo "date $1" >&3; }\nexec 3>&1\nset -m\n${text}`],
    { timeout: 20_000, env: { LC_ALL: 'C' } },
  );
  const orders = existsSync(join(directory, 'orders'))
    ? readFileSync(join(directory, 'orders'), 'utf8').split('\n').slice(0, -1)
    : [];
  return { stdout, orders, mixed: readFileSync(join(directory, 'urandom'), 'utf8') };
}

t.test('a program that waits gets every order, and is started once', async (t) => {
  const { stdout, orders, mixed } = await inShell(t, 'bash', '0', [
    [startFreshener, 'first=$__tb_fp', freshenCommand()],
    [startFreshener, '[ "$first" = "$__tb_fp" ] && echo same', freshenCommand()],
    ['echo "status $__tb_s"'],
  ]);
  t.equal(stdout, 'same\nstatus 0');
  t.strictSame(orders, ['80', '160'], 'one process has got both');
  t.equal(mixed, '');
});

t.test('where none waits, the program is started for the order', async (t) => {
  for (const [shell, before] of [
    ['dash', ':'],
    ['bash', ':'],
    ['bash', `${startFreshener}; kill -9 $__tb_fp; wait $__tb_fp`],
  ] as const) {
    const { stdout, orders, mixed } = await inShell(t, shell, '0', [before, freshenCommand()]);
    t.equal(stdout, '', shell);
    t.strictSame([orders, mixed], [['80'], '']);
  }
});

t.test('a program that is refused, silent or missing: date, and bytes for the pool', async (t) => {
  const now = 1_700_000_000_500;
  for (const [answer, before] of [
    ['1', startFreshener],
    ['', startFreshener],
    ['0', 'rm /run/tapboot-freshen'],
  ] as const) {
    const { stdout, mixed } = await inShell(t, 'bash', answer, [before, freshenCommand(now)]);
    t.equal(stdout, 'date -s', 'the clock is set');
    t.match(mixed, /^[0-9a-f]{128}$/, `answer ${answer}`);
  }
});

t.test('one key takes the place of another, and the others stay', async (t) => {
  const directory = t.testdir({ keys: "ssh-ed25519 AAAA other's\nssh-ed25519 OLD run\nlast" });
  const file = join(directory, 'keys');
  for (const shell of ['bash', 'sh']) {
    const [old, key] = shell === 'bash' ? ['OLD', 'NEW'] : ['NEW', 'NEWER'];
    const command = replaceAuthorizedKey(
      `ssh-ed25519 ${old} run\n`,
      `ssh-ed25519 ${key} run`,
      file,
    );
    await execa(shell, ['-c', command]);
    t.strictSame(readFileSync(file, 'utf8').split('\n').sort(), [
      '',
      'last',
      "ssh-ed25519 AAAA other's",
      `ssh-ed25519 ${key} run`,
    ]);
  }
  const none = join(directory, 'new/keys');
  await execa('sh', ['-c', replaceAuthorizedKey('a', 'ssh-ed25519 NEW run', none)]);
  t.equal(readFileSync(none, 'utf8'), 'ssh-ed25519 NEW run\n');
  t.equal(statSync(none).mode & 0o777, 0o600);
});
