import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { Channel, CommandResult, RunOptions } from '../../driver/channel/channel.js';
import { ConsoleChannel } from '../../driver/channel/console/console-channel.js';
import { login } from '../../driver/channel/console/login.js';
import { ShellChannel } from '../../driver/channel/shell/shell-channel.js';
import { startGuestShell } from '../../driver/channel/shell/start-guest-shell.js';
import { waitForSshBanner } from '../../driver/channel/ssh/banner.js';
import { generateKeyPair } from '../../driver/channel/ssh/key-pair.js';
import { SshChannel } from '../../driver/channel/ssh/ssh-channel.js';
import { ConsoleDetector } from '../../driver/machine/watchdog/console-detector.js';
import { Watchdog } from '../../driver/machine/watchdog/watchdog.js';
import { soaking } from '../helpers/soak.js';
import { imageGuest, startBareGuest } from './channel-guest.js';
import { withoutBash } from './channel-posix.js';

const MINUTE = 60_000;
const ACCESS = { root: 'console', user: 'root' } as const;

/** Commands that would end or spoil a shell that ran them itself. */
const HARMS = [
  'exit 7',
  'exec false',
  'set -e; false; :',
  'if',
  'cd /tmp; unset PATH',
  'trap "" TERM INT',
  'exec >&- 2>&-',
  'read x; kill -9 $$',
  'set -o noglob; alias echo=false',
];

/** What every channel must do, whichever it is. */
async function contract(t: Test, channel: Channel): Promise<void> {
  // A command on the console costs five times as much as one by the shell.
  const thorough = channel.name !== 'console' || soaking;
  const most = thorough ? 20_000 : 5000;
  const run = (command: string, options: Partial<RunOptions> = {}): Promise<CommandResult> =>
    channel.run(command, { timeoutMs: MINUTE, ...options });

  t.match(await run('echo "a b"; echo err >&2; exit 3'), {
    channel: channel.name,
    stdout: 'a b\n',
    stderr: 'err\n',
    stderrSeparate: true,
    exitStatus: 3,
    timedOut: false,
    dropped: { stdout: 0, stderr: 0 },
  });
  t.match(await run('[ -n "$BASH_VERSION" ] && id -u'), { stdout: '0\n' }, 'root, in bash');

  t.match(await run('printf é; printf "\\001\\002\\003\\004\\033[0m"'), {
    stdout: 'é\x01\x02\x03\x04\x1b[0m',
  });
  t.match(await run('printf "no newline"'), { stdout: 'no newline' });
  if (thorough) {
    t.match(await run('printf "a\\000b"'), { stdout: 'a\0b' });
    t.match(await run('seq 2000 | tail -n 1; seq 2000 | cksum'), { exitStatus: 0 });
  }
  // Around the sizes at which an output is taken apart.
  const sizes = [
    [3000, 1],
    [3001, 3000],
    [2999, 2],
    [6000, 1],
  ] as const;
  for (const [out, err] of thorough ? sizes : sizes.slice(0, 1)) {
    const sized = await run(`printf %${String(out)}s o; printf %${String(err)}s e >&2`);
    t.match(sized, { stdout: /^ *o$/, stderr: /^ *e$/ });
    t.strictSame([sized.stdout.length, sized.stderr.length], [out, err]);
  }
  const nul = await run('seq 900; printf "\\000"; seq 900');
  t.equal(nul.stdout.length, 2 * 3492 + 1, 'a NUL behind the first piece');
  const big = await run(`seq ${String(most)}`);
  t.equal(big.stdout.split('\n').length, most + 1);
  t.equal(big.stdout.endsWith(`${String(most - 1)}\n${String(most)}\n`), true);
  t.match(await run(`seq ${String(most)}`, { outputLimit: 10 }), {
    stdout: '1\n2\n3\n4\n5\n',
    dropped: { stdout: big.stdout.length - 10, stderr: 0 },
  });

  t.match(await run('wc -c; cat', { stdin: 'x'.repeat(9000) }), { stdout: '9000\n' });
  t.match(await run('cat', { stdin: 'é\t\x03"$x"\n' }), { stdout: 'é\t\x03"$x"\n' });
  t.match(
    await run('cat; echo "at once: $?"'),
    { stdout: 'at once: 0\n' },
    'without input: end of file',
  );

  for (const harm of channel.name === 'console' ? HARMS.slice(0, soaking ? 3 : 1) : HARMS) {
    const { exitStatus } = await run(harm);
    t.type(exitStatus, 'number', harm);
    t.match(
      await run('pwd; echo *bin*; echo "$PATH" | wc -l'),
      { stdout: /^\/(root)?\n.*\n1\n$/ },
      `after: ${harm}`,
    );
  }

  t.match(
    await run('sleep 1000 & echo left'),
    { stdout: 'left\n' },
    'a child that stays holds nobody up',
  );
  t.match(await run('pkill -x sleep; echo $?'), { stdout: '0\n' }, 'and it had stayed');

  // Without processes of its own, so that it writes between any two of those that send.
  const growing = await run(
    `rm -f /tmp/enough; printf '\\000'
    while [ ! -e /tmp/enough ]; do echo more; for i in {1..200}; do :; done; done & sleep 0.3`,
  );
  t.match(growing, { stdout: /^\0(?:more\n)+/, exitStatus: 0 }, 'nor does one that writes on');
  await run('touch /tmp/enough');

  const stubborn = await run('trap "" TERM; echo begun; while :; do sleep 1; done', {
    timeoutMs: 2000,
  });
  t.match(stubborn, { stdout: 'begun\n', exitStatus: null, timedOut: true });
  const family = await run('timeout 60 sleep 555 & setsid sleep 555 & sleep 555', {
    timeoutMs: 1500,
  });
  t.equal(family.timedOut, true);
  t.match(await run('pgrep -x sleep'), { stdout: '', exitStatus: 1 }, 'nothing of them is left');

  const abort = new AbortController();
  const aborted = run('sleep 777', { signal: abort.signal });
  setTimeout(() => abort.abort(new Error('enough')), 1500);
  await t.rejects(aborted, { message: 'enough' });
  t.match(await run('pgrep -fx "sleep 777"'), { exitStatus: 1 }, 'killed in the guest');
  await t.rejects(run('echo \0'), { code: 'TAPBOOT_E_COMMAND_NUL' });
}

t.test('console, shell and ssh on the Debian image', async (t) => {
  const client = generateKeyPair('client');
  const host = generateKeyPair('host');
  await using guest = await startBareGuest(
    await imageGuest('debian', {
      'ssh.authorized_keys.root': `${client.publicKey}\n`,
      ssh_host_ed25519_key: host.privateKey,
    }),
  );
  const { console, transcript } = guest;
  const relogin = () => login(console, ACCESS, { timeoutMs: MINUTE });
  const session = await login(console, ACCESS, { timeoutMs: 3 * MINUTE });

  await t.test('an ordinary boot says nothing alarming', async (t) => {
    const findings = new ConsoleDetector().push(transcript.text());
    t.strictSame(
      findings.filter(({ severity }) => severity !== 'note'),
      [],
    );
  });

  const onConsole = new ConsoleChannel(session, relogin);
  await t.test('console', async (t) => {
    await contract(t, onConsole);

    // The kernel writes a line every 20 ms while records go by.
    const noisy = await onConsole.run(
      'l=$(cat /proc/sys/kernel/printk); dmesg -n 7; (i=0; while [ $i -lt 150 ]; do i=$((i+1)); echo "noise $i" >/dev/kmsg; sleep 0.02; done; echo $l >/proc/sys/kernel/printk) >/dev/null 2>&1 & seq 4000',
      { timeoutMs: MINUTE },
    );
    t.equal(noisy.stdout, `${Array.from({ length: 4000 }, (_, i) => String(i + 1)).join('\n')}\n`);
    t.match(transcript.text(), /@tb\w+:\d+:o:[^\n]*\[ *\d+\.\d+\] noise|noise \d+/);

    // More than can be typed in that time, or in many times that.
    const long = { stdin: 'x'.repeat(4_000_000), timeoutMs: 1000 };
    t.match(await onConsole.run('cat', long), { timedOut: true, exitStatus: null });

    console.send('exit\n');
    await delay(500);
    t.match(
      await onConsole.run('id -un', { timeoutMs: MINUTE }),
      { stdout: 'root\n' },
      'logs in again',
    );
    t.notMatch(
      Buffer.concat(guest.serial).toString(),
      /__tb_c \d+\.c/,
      'what was typed is not in the log',
    );
  });

  await t.test('a shell on the port without bash', async (t) => {
    await withoutBash(t, guest, onConsole);
  });

  await startGuestShell(onConsole);
  const shell = await ShellChannel.attach(guest.shell, { timeoutMs: MINUTE });
  await t.test('shell', async (t) => {
    t.equal(shell.dialect, 'bash');
    t.equal(shell.fresh, true);
    t.match(shell.commandLine, / quiet /, 'it has read what its kernel was started with');
    await contract(t, shell);

    const started = performance.now();
    const order: string[] = [];
    const waits = [3, 2, 1].map(async (seconds) => {
      const { stdout } = await shell.run(
        `sleep ${String(seconds)}; echo ${String(seconds)}; seq 3000`,
        { timeoutMs: MINUTE },
      );
      order.push(stdout.slice(0, 1));
      return stdout.length;
    });
    await shell.heartbeat(MINUTE);
    t.strictSame(order, [], 'a heartbeat needs not wait for them');
    t.strictSame(new Set(await Promise.all(waits)).size, 1);
    t.strictSame(order, ['1', '2', '3'], 'they ran side by side');
    t.ok(performance.now() - started > 0);

    const results = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        shell.run(`echo ${String(i)}; echo e${String(i)} >&2`, { timeoutMs: MINUTE }),
      ),
    );
    t.ok(
      results.every(
        ({ stdout, stderr }, i) => stdout === `${String(i)}\n` && stderr === `e${String(i)}\n`,
      ),
      'forty at once, none mixed up',
    );

    await shell.plant('abc-1');
    t.strictSame(await shell.prove(MINUTE), { nonce: 'abc-1', count: 1 });
    t.strictSame(await shell.prove(MINUTE), { nonce: 'abc-1', count: 2 });

    await t.rejects(startGuestShell(onConsole), { failureClass: 'infra', message: /in use/ });
    await t.rejects(startGuestShell(onConsole, 'tapboot.none.9'), {
      message: /tapboot\.none\.9 does not appear/,
    });
    t.match(await shell.run('cat /proc/self/cgroup; pwd', { timeoutMs: MINUTE }), {
      stdout: /^0::\/\n\/\n$/,
    });
  });

  await t.test('a second connection takes the shell over, and finds its memory', async (t) => {
    const unanswered = shell.run('sleep 2; echo late', { timeoutMs: MINUTE });
    guest.shell.write('printf half of a lin');
    const again = await ShellChannel.attach(guest.shell, { timeoutMs: MINUTE });
    t.equal(again.fresh, false, 'nothing had to be loaded');
    t.strictSame(await again.prove(MINUTE), { nonce: 'abc-1', count: 3 });
    t.match(await again.run('sleep 3; echo mine', { timeoutMs: MINUTE }), { stdout: 'mine\n' });
    unanswered.catch(() => undefined);
  });

  const target = {
    host: '127.0.0.1',
    port: guest.sshPort,
    privateKey: client.privateKey,
    hostKey: host.publicKey,
  };
  await using ssh = new SshChannel(target);
  await t.test('ssh', async (t) => {
    t.match(await waitForSshBanner(target.host, target.port, { timeoutMs: MINUTE }), /^SSH-2\.0-/);
    await ssh.connect(MINUTE);
    if (soaking) await contract(t, ssh);
    t.match(await ssh.run('echo "a b"; echo err >&2; exit 3', { timeoutMs: MINUTE }), {
      channel: 'ssh',
      stdout: 'a b\n',
      stderr: 'err\n',
      stderrSeparate: true,
      exitStatus: 3,
    });

    const directory = mkdtempSync(join(tmpdir(), 'tapboot-sftp-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7) % 251));
    writeFileSync(join(directory, 'in'), bytes);
    const limits = { timeoutMs: MINUTE };
    await ssh.upload(join(directory, 'in'), '/run/copied', limits);
    t.match(await ssh.run('stat -c "%a %s" /run/copied', limits), { stdout: '600 200000\n' });
    t.equal(await ssh.download('/run/copied', join(directory, 'out'), limits), bytes.length);
    t.ok(readFileSync(join(directory, 'out')).equals(bytes));
    const refused = ssh.download('/nowhere', join(directory, 'x'), limits);
    t.match(await refused.catch((error: unknown) => error), {
      failureClass: 'product',
      details: { got: /No such file/ },
    });

    ssh.drop();
    t.match(await ssh.run('echo new', { timeoutMs: MINUTE }), { stdout: 'new\n' }, 'connects anew');

    const wrong = new SshChannel({ ...target, hostKey: generateKeyPair().publicKey });
    await t.rejects(wrong.connect(MINUTE), {
      code: 'TAPBOOT_E_SSH_HOST_KEY',
      failureClass: 'infra',
    });
    const stranger = new SshChannel({ ...target, privateKey: generateKeyPair().privateKey });
    await t.rejects(stranger.connect(MINUTE), {
      code: 'TAPBOOT_E_SSH_LOGIN',
      failureClass: 'infra',
    });
  });

  await t.test('a panic: the watchdog says so, and every channel is a dead guest', async (t) => {
    const watchdog = new Watchdog({ transcript, bootSilenceMs: MINUTE });
    watchdog.booted();
    t.teardown(() => watchdog.stop());
    // Caught at once: they are rejected while the watchdog still gathers the trace.
    const pending = [
      shell.run('sleep 1000', { timeoutMs: 10 * MINUTE }),
      ssh.run('sleep 1000', { timeoutMs: 10 * MINUTE }),
      console.expect('never', { timeoutMs: 10 * MINUTE }),
    ].map((waiting) =>
      waiting.then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    void shell
      .run('sleep 1; echo c >/proc/sysrq-trigger', { timeoutMs: MINUTE })
      .catch(() => undefined);
    const death = await watchdog.death;
    t.match(death, {
      code: 'TAPBOOT_E_GUEST_PANIC',
      failureClass: 'guest-dead',
      message: /sysrq triggered crash/,
    });
    for (const error of await Promise.all(pending)) {
      t.match(error, { name: 'TapbootError', failureClass: 'guest-dead' });
    }
    await t.rejects(shell.run('true', { timeoutMs: MINUTE }), { code: 'TAPBOOT_E_SHELL_CLOSED' });
    if (!guest.shell.destroyed) await once(guest.shell, 'close');
  });
});
