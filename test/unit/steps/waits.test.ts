import { appendFile, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { plain } from '../../helpers/plain.js';
import t from 'tap';
import type { Failure } from '../../../driver/events/events.js';
import type { WaitCondition } from '../../../driver/steps/wait/schema.js';
import { waitForPortScript } from '../../../driver/steps/wait/network.js';
import { LocalMachine } from './local-machine.js';
import { play, stream, wait } from './scenario-of.js';

/**
 * The failure of a wait whose time ran out between two attempts. Within one there is less to say
 * of it, and that is where a busy machine is for most of a short time: it gets more of it.
 */
async function between(vm: LocalMachine, condition: WaitCondition): Promise<Failure | undefined> {
  for (let timeoutMs = 600; ; timeoutMs *= 3) {
    const { summary, ends } = await play(vm, [wait(condition, { timeoutMs })]);
    if (summary[0] === '1 passed') throw new Error('it passed');
    const failure = ends[0]?.failure;
    const seen = [failure?.message, JSON.stringify(failure?.mismatches)].join(' ');
    if (!/had not ended|: unknown/.test(seen) || timeoutMs > 60_000) return failure;
  }
}

for (const shell of ['bash', 'dash'] as const) {
  const guest = async (test: {
    teardown(fn: () => Promise<void>): unknown;
  }): Promise<{ vm: LocalMachine }> => {
    const vm = await LocalMachine.create('vm', shell);
    test.teardown(() => vm[Symbol.asyncDispose]());
    return { vm };
  };

  t.test(`${shell}: file: exists, contains, matches`, async (t) => {
    const { vm } = await guest(t);
    const file = path.join(vm.directory, "it's a file");
    const condition: WaitCondition = {
      what: 'file',
      path: file,
      contains: ['STATE=', 'DETAIL'],
      matches: [{ source: '^STATE=applied$', flags: 'm' }],
    };
    const playing = play(vm, [wait(condition)]);
    setTimeout(() => void writeFile(file, 'STATE=plan\nDETAIL=x\n'), 200);
    setTimeout(() => void writeFile(file, 'STATE=applied\nDETAIL=x\n'), 700);
    t.strictSame((await playing).summary, ['1 passed']);
    await writeFile(file, 'STATE=failed\n');
    const { summary, ends } = await play(vm, [wait(condition, { timeoutMs: 500 })]);
    t.strictSame(summary, ['1 failed product TAPBOOT_E_WAIT_TIMEOUT']);
    t.match(ends[0]?.failure?.output, 'STATE=failed');
    const gone = await play(vm, [wait({ ...condition, path: '/nowhere/x' }, { timeoutMs: 300 })]);
    t.match(gone.ends[0]?.failure?.mismatches, [{ got: 'no such file' }]);
    const directory: WaitCondition = {
      what: 'file',
      path: vm.directory,
      contains: [],
      matches: [],
    };
    t.strictSame((await play(vm, [wait(directory)])).summary, ['1 passed']);
  });

  t.test(
    `${shell}: file: a pattern that the first content does not match is waited for`,
    async (t) => {
      const { vm } = await guest(t);
      const file = path.join(vm.directory, 'f');
      await writeFile(file, 'one\n');
      const playing = play(vm, [
        wait({ what: 'file', path: file, contains: [], matches: [{ source: 'two', flags: '' }] }),
      ]);
      setTimeout(() => void appendFile(file, 'two\n'), 800);
      const { summary, ends } = await playing;
      t.strictSame(summary, ['1 passed']);
      t.equal(ends[0]?.commands.length, 2, 'the guest waited for another content');
    },
  );

  t.test(`${shell}: port`, async (t) => {
    const { vm } = await guest(t);
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => server.close());
    const { port } = server.address() as net.AddressInfo;
    t.strictSame((await play(vm, [wait({ what: 'port', port })])).summary, ['1 passed']);
    const tables = path.join(vm.directory, 'tcp');
    // A connection of port 22 is not a listener on it, nor is one to it.
    await writeFile(
      tables,
      [
        '  sl  local_address rem_address   st tx_queue',
        '   0: 0100007F:0016 0200007F:C001 01 00000000',
        '   1: 0100007F:C001 0100007F:0016 0A 00000000',
        '',
      ].join('\n'),
    );
    const script = waitForPortScript(22, [tables]);
    t.equal((await vm.run(script, { timeoutMs: 400 })).timedOut, true);
    await appendFile(tables, '   2: 00000000000000000000000000000000:0016 0:0000 0A 0\n');
    t.match(await vm.run(script, { timeoutMs: 5000 }), { exitStatus: 0, stdout: /:0016\n$/ });
  });

  t.test(`${shell}: ipv4: waits for the address and notes it`, async (t) => {
    const { vm } = await guest(t);
    await vm.program('ip', `#!/bin/sh\ncat ${vm.directory}/address 2>/dev/null\n`);
    const condition: WaitCondition = { what: 'ipv4', interface: 'lan' };
    const absent = await play(vm, [wait(condition, { timeoutMs: 300 })]);
    t.strictSame(absent.summary, ['1 failed product TAPBOOT_E_WAIT_TIMEOUT']);
    t.match(absent.ends[0]?.failure?.message, 'no interface lan');
    const playing = play(vm, [wait(condition)]);
    const line = '2: lan    inet 10.0.2.15/24 brd 10.0.2.255 scope global dynamic lan\n';
    setTimeout(() => void writeFile(path.join(vm.directory, 'address'), line), 300);
    const { summary, ends } = await playing;
    t.strictSame(summary, ['1 passed']);
    t.strictSame(ends[0]?.notes, ['lan has 10.0.2.15/24']);
  });

  t.test(`${shell}: command: repeated in the guest until its status is right`, async (t) => {
    const { vm } = await guest(t);
    const counter = path.join(vm.directory, 'count');
    const command = `cd /; echo x >>${counter}; echo "attempt $(wc -l <${counter})"; [ "$(wc -l <${counter})" -ge 3 ] || exit 1`;
    const exit = { oneOf: [0] };
    const { summary, ends } = await play(vm, [
      wait({ what: 'command', command, expect: { exit } }),
    ]);
    t.strictSame(summary, ['1 passed']);
    t.equal(ends[0]?.commands.length, 1);
    t.match(ends[0]?.commands[0]?.stdout, '3 0\nattempt 3\n');
    const never = await between(vm, {
      what: 'command',
      command: 'echo last; exit 4',
      expect: { exit },
    });
    t.match(
      never?.message,
      /waited [\d.]+ s for exit status 0 of `echo last; exit 4`: exit status 4 in attempt \d+/,
    );
    t.match(never?.output, 'stdout:\nlast');
    const hangs = await play(vm, [
      wait({ what: 'command', command: 'sleep 60', expect: { exit } }, { timeoutMs: 3000 }),
    ]);
    t.match(hangs.ends[0]?.failure?.message, 'attempt 1 had not ended');
    const nonzero = await play(vm, [
      wait({ what: 'command', command: 'exit 7', expect: { exit: 'nonzero' } }),
    ]);
    t.strictSame(nonzero.summary, ['1 passed']);
  });

  t.test(`${shell}: command: judged by its output from here`, async (t) => {
    const { vm } = await guest(t);
    const file = path.join(vm.directory, 'state');
    await writeFile(file, 'no\n');
    const condition: WaitCondition = {
      what: 'command',
      command: `cat ${file}`,
      expect: { exit: { oneOf: [0] }, stdout: stream({ contains: ['yes'] }) },
    };
    const playing = play(vm, [wait(condition)]);
    setTimeout(() => void writeFile(file, 'yes\n'), 500);
    t.strictSame((await playing).summary, ['1 passed']);
    await writeFile(file, 'no\n');
    const failure = await between(vm, condition);
    t.match(failure, { class: 'product', code: 'TAPBOOT_E_WAIT_TIMEOUT' });
    t.strictSame(plain(failure?.mismatches), [
      { what: 'stdout contains', expected: 'yes', got: 'no' },
    ]);
  });
}
