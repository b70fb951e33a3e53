// A guest that floods its console: whatever it writes, reading it takes time in proportion.
import t from 'tap';
import { TerminalCleaner } from '../../../../driver/channel/console/clean-text.js';
import { Console } from '../../../../driver/channel/console/console.js';
import { Dialogue } from '../../../../driver/channel/console/dialogue.js';
import { withoutNoise } from '../../../../driver/channel/console/noise.js';
import { ConsoleTranscript } from '../../../../driver/channel/console/transcript.js';
import { whatWaits } from '../../../../driver/channel/console/what-waits.js';
import { PassThrough } from 'node:stream';

const milliseconds = (work: () => void): number => {
  const started = performance.now();
  work();
  return performance.now() - started;
};

t.test('a line of password: or of anything else is judged at once', async (t) => {
  for (const unit of ['password:', 'login: ', '# ', 'press enter to ', 'A1:>', 'GRUB ', ' ', 'a']) {
    const view = unit.repeat(256 * 1024).slice(0, 256 * 1024);
    for (const loggedIn of [false, true]) {
      const took = milliseconds(() => {
        whatWaits({ view, placed: false, lineEditor: false, loggedIn });
      });
      t.ok(took < 1000, `${unit}: ${took.toFixed(0)} ms`);
    }
  }
  const prompt = { placed: false, lineEditor: false, loggedIn: true };
  t.match(whatWaits({ view: `${'x'.repeat(1e6)} Password: `, ...prompt }), { at: 'password' });
});

t.test('lines of systemd that never end', async (t) => {
  for (const unit of ['         Starting ', '[  OK  ] ', '[    1.000000] ', '[', ' ']) {
    const took = milliseconds(() => {
      withoutNoise(unit.repeat((64 * 1024) / unit.length));
    });
    t.ok(took < 1000, `${unit}: ${took.toFixed(0)} ms`);
  }
});

t.test('an escape sequence without end is forgotten', async (t) => {
  const cleaner = new TerminalCleaner();
  cleaner.push(Buffer.from('\u001b['));
  const chunk = Buffer.alloc(2 ** 20, '1');
  for (let sent = 0; sent < 64; sent++) t.equal(cleaner.push(chunk), '');
  t.equal(cleaner.push(Buffer.from('mgo on')), 'go on');
});

t.test('a login looks at the end of what was said, whatever came before', async (t) => {
  let now = 0;
  const transcript = new ConsoleTranscript({
    sink: { write: () => undefined },
    clock: () => now++,
  });
  const console = new Console(new PassThrough(), transcript, { logTyped: () => undefined });
  const dialogue = new Dialogue(console, 0, 60_000);
  const chunk = Buffer.from('password: '.repeat(100));
  const took = milliseconds(() => {
    for (let sent = 0; sent < 4000; sent++) {
      transcript.push(chunk);
      if (sent % 40 === 0) t.match(dialogue.waiting, { at: 'password' });
    }
  });
  t.ok(took < 10_000, `${took.toFixed(0)} ms`);
  transcript.push(Buffer.from('\nguest login: '));
  t.match(dialogue.waiting, { at: 'login' });
});

t.test('the times of a console that never rests are kept, but not all of them', async (t) => {
  let now = 0;
  const transcript = new ConsoleTranscript({
    sink: { write: () => undefined },
    clock: () => (now += 10),
  });
  const byte = Buffer.from('x');
  for (let sent = 0; sent < 400_000; sent++) transcript.push(byte);
  t.ok(transcript.timeline.length <= 100_001 && transcript.timeline.length > 10_000);
  t.ok(
    transcript.timeline.every(
      ({ atMs }, index, all) => index === 0 || atMs > (all[index - 1]?.atMs ?? 0),
    ),
  );
});

t.test('a pattern that multiplies ends the wait for it', async (t) => {
  const transcript = new ConsoleTranscript({ sink: { write: () => undefined }, clock: () => 0 });
  const console = new Console(new PassThrough(), transcript, { logTyped: () => undefined });
  const waiting = console.expect(/^(a+)+$/, { timeoutMs: 60_000 });
  transcript.push(Buffer.from(`${'a'.repeat(40)}!`));
  await t.rejects(waiting, { code: 'TAPBOOT_E_PATTERN_TIME' });
});
