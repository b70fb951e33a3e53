// Shells and consoles for a person: the menu of --debug, attach, open, shell, on pseudo-terminals.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { plainText } from '../../driver/report/plain-text.js';
import { Place, readMetadata, runDirectories } from '../helpers/run-tapboot.js';
import { inSoak } from '../helpers/soak.js';
import { TerminalSession, type TerminalOptions } from '../helpers/terminal.js';

t.setTimeout(20 * 60_000);

const FAILS = `version: 1
name: Fails
steps:
  - run: touch /run/here
  - name: it is there
    run: test -e /run/there
  - name: cleaned up
    run: rm /run/here
    always: true
`;

const DASH = `version: 1
name: Dash
steps:
  - run: usermod --shell /bin/dash root
  - console: { send: "exit\\r", expect: "login:" }
  - run: "false"
  - name: "over the console: dash"
    run: test -z "$BASH_VERSION"
    channel: console
    always: true
`;

const place = await Place.make(t, { capsules: true });
const cwd = t.testdir({ scenarios: { 'fails.yaml': FAILS }, 'dash.yaml': DASH });
const start = (args: string[], options: TerminalOptions = {}): TerminalSession =>
  TerminalSession.start(place, args, { cwd, ...options });
const run = (): TerminalSession => start(['run', '--debug', '--accel', 'tcg', 'fails']);

const MENU = /Enter {2}go on with the run\n.*a {2}abort the run/;
const PROMPT = /root@\S+:\S*# ?$/;

t.test('the menu of --debug: shell, console, ways in, retry, attach from elsewhere', async (t) => {
  const held = run();
  await held.shows(MENU);
  t.match((await held.screen()).text, /tapboot: step 2 failed: it is there/);
  t.notMatch((await held.screen()).text, /\d\/1 done$/m, 'no live line is left while one debugs');

  await t.test(
    's: a root shell, with line editing, Ctrl-C and the size of the window',
    async (t) => {
      await held.answer('s', PROMPT);
      await held.answer('stty size; echo "$TERM"\r', /24 80\s+xterm-256color\s/);
      await held.answer('ls /run/here; echo onx\u007fe\r', /\/run\/here\s+one\s/);
      // Tab completes; the arrow brings the line back.
      await held.answer('ls /run/he\t\r', /ls \/run\/here\s+\/run\/here\s/);
      await held.answer('\u001b[A\r', /\/run\/here\s+\/run\/here\s/);
      // A shell of its own: bash loses a Ctrl-C that comes while it starts a program.
      await held.answer("sh -c 'echo begun; exec sleep 500'\r", /\nbegun\s/);
      await held.answer('\u0003', PROMPT);
      await held.answer('echo still $((40 + 2))\r', /still 42\s/);
      await held.resize(100, 40);
      // The news of the size and the keys go different ways.
      const told = 'until [ "$(stty size)" = "40 100" ]; do sleep 0.1; done; echo to""ld\r';
      await held.answer(told, /told\s/);
      await held.resize(80, 24);
      await held.answer('touch /run/there; exit 3\r', MENU);
      t.pass('and back in the menu');
    },
  );

  await t.test('c: the console, typed into, until Ctrl-]', async (t) => {
    await held.answer('c', PROMPT);
    await held.answer('echo onx\u007fe $((40 + 2))\r', /\none 42\s/);
    await held.answer('sleep 500\r', /sleep 500/);
    await held.answer('\u001d', MENU);

    const before = held.mark;
    await held.answer('c', PROMPT);
    const since = (): string => plainText(held.output).slice(before);
    t.notMatch(since(), /Input\/output error|login: root[^]*login: root/, 'the login has lasted');
    // A program for which Ctrl-C is a key like any other.
    await held.answer('trap "" HUP; stty raw -echo; echo now raw; cat\r', /\nnow raw\s/);
    await held.answer('\u001d', MENU);
    await held.answer('c', PROMPT);
    await held.answer('echo twx\u007fo $((40 + 2)); pgrep -xc cat\r', /\ntwo 42\s+0\s/);
    await held.answer('\u001d', MENU);
  });

  await t.test('w: the ways in', async (t) => {
    await held.answer('w', /ssh -i \S+ -p \d+ [^]*root@127\.0\.0\.1/);
    await held.shows(MENU, held.mark - 200);
    t.match((await held.screen()).text, /tapboot attach/);
  });

  await t.test('r: the step again; the verdict stays', async () => {
    await held.answer('r', /tapboot: it passed this time/);
  });

  await t.test('attach --shell, from another terminal', async (t) => {
    const other = start(['attach', '--shell'], { columns: 91, rows: 33 });
    await other.shows(PROMPT);
    await other.answer('stty size\r', /33 91\s/);
    other.type('exit 7\r');
    t.equal((await other.end).code, 7, 'the exit status of the shell');
  });

  await t.test('attach: the console, until Ctrl-C', async (t) => {
    const other = start(['attach', 'fails']);
    await other.shows(/read-only; Ctrl-C ends it[^]*root@/);
    other.type('\u0003');
    t.equal((await other.end).code, 0);
    t.notMatch((await other.screen()).text, /ending the run/, 'it is not its run');
  });

  held.type('\r');
  t.equal((await held.end).code, 1, 'the verdict stays');
  t.match((await held.screen()).text, /^✗ failed: Fails/m);
});

await inSoak(t, 'a: aborts, with the record written', async (t) => {
  const held = run();
  await held.shows(MENU);
  // Of a restored machine, whose login on the console is another driver's.
  await held.answer('c', PROMPT);
  await held.answer('ls /run/here\r', /\n\/run\/here\s/);
  await held.answer('\u001d', MENU);
  held.type('a');
  t.equal((await held.end).code, 1, 'the step had its verdict before');
  const metadata = readMetadata(runDirectories(place.logRoot).at(-1) ?? '');
  t.match(metadata?.scenarios, [{ outcome: 'interrupted' }]);
  t.match((await held.screen()).text, /^interrupted by SIGINT$/m);
});

await inSoak(t, 'Ctrl-C in the menu aborts as well', async (t) => {
  const held = run();
  await held.shows(MENU);
  held.type('\u0003');
  t.equal((await held.end).code, 1);
  t.match((await held.screen()).text, /^interrupted by SIGINT$/m);
});

await inSoak(t, 'c, where the shell of root is dash', async (t) => {
  const held = start(['run', '--debug', '--accel', 'tcg', 'dash.yaml']);
  await held.shows(MENU);
  for (const round of ['one', 'two']) {
    await held.answer('c', /\n# $/);
    await held.answer(`echo ${round} $BASH_VERSION.\r`, new RegExp(`\\n${round} \\.\\s+# $`));
    await held.answer('trap "" HUP; stty raw -echo; echo now raw; cat\r', /\nnow raw\s/);
    await held.answer('\u001d', MENU);
  }
  held.type('\r');
  t.equal((await held.end).code, 1);
  const [run = ''] = runDirectories(place.logRoot).slice(-1);
  const events = readFileSync(join(run, 'logs/events.jsonl'), 'utf8');
  const back = /"type":"step:end".*"title":"over the console: dash".*"outcome":"passed"/;
  t.match(events, back, 'and the driver has its console back');
});

t.test('open: a shell in the machine that failed', async (t) => {
  const [first] = runDirectories(place.logRoot);
  const opened = start(['open', join(first ?? '', 'artifacts/fails/capsule.tar.zst')]);
  await opened.shows(PROMPT);
  await opened.answer('ls /run/here; stty size\r', /\/run\/here\s+24 80\s/);
  opened.type('exit 5\r');
  t.equal((await opened.end).code, 5);
});

t.test('shell: a ready machine; Ctrl-D ends it', async (t) => {
  const shell = start(['shell', '--accel', 'tcg'], { columns: 0, rows: 0 });
  await shell.shows(PROMPT);
  // Before the prompt is back, Ctrl-D is not the line editor's, and may be lost.
  await shell.answer('stty size\r', /24 80\s[^]*root@\S+:\S*# ?$/);
  shell.type('\u0004');
  t.equal((await shell.end).code, 0);
  await place.expectNothingLeft(t);
});

await inSoak(
  t,
  'shell, without a network: the console, of a machine booted and restored',
  async (t) => {
    for (const origin of ['booted', 'restored; booted at']) {
      const shell = start(['shell', '--accel', 'tcg', '--network', 'none']);
      await shell.shows(/this is the serial console; Ctrl-\] ends it/);
      await shell.shows(PROMPT);
      await shell.answer('echo onx\u007fe $((40 + 2))\r', /\none 42\s/);
      shell.type('\u001d');
      t.equal((await shell.end).code, 0);
      t.match((await shell.screen()).text, `tapboot: ${origin}`);
    }
    await place.expectNothingLeft(t);
  },
);
