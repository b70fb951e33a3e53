import t from 'tap';
import { TapbootError } from '../../../../driver/errors.js';
import { consoleWithPeer } from './peer.js';

const failure = async (promise: Promise<unknown>): Promise<TapbootError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof TapbootError) return error;
  throw new Error(`no TapbootError: ${String(error)}`);
};

t.test('a pattern is found across chunks and colours', async (t) => {
  const { console, say } = consoleWithPeer();
  const found = console.expect(/addr\w+: (\d+\.\d+)/, { timeoutMs: 5000 });
  for (const piece of ['LAN ad', '\x1b[1md', 'r\x1b[0mess: 10', '.0\r\n']) {
    say(piece);
    await new Promise(setImmediate);
  }
  const match = await found;
  t.match(match, { text: 'address: 10.0', groups: ['10.0'], start: 4 });
  t.equal(console.transcript.text(match.start).startsWith(match.text), true);
});

t.test('a string is found though its halves come apart, and from boot', async (t) => {
  const { console, say } = consoleWithPeer();
  say('one two th');
  await new Promise(setImmediate);
  const now = console.expect('three', { timeoutMs: 5000, from: 'boot' });
  say('ree');
  t.equal((await now).start, 8);
  t.equal((await console.expect('two', { timeoutMs: 10, from: 'boot' })).start, 4);
  await t.rejects(console.expect('two', { timeoutMs: 10 }), { code: 'TAPBOOT_E_CONSOLE_TIMEOUT' });
});

t.test('a timeout says what was wanted and what came', async (t) => {
  const { console, say } = consoleWithPeer();
  const waiting = failure(console.expect(/never/, { timeoutMs: 50, reason: 'the banner' }));
  say('something else\r\n');
  const error = await waiting;
  t.equal(error.failureClass, 'product');
  t.match(error.message, /^the banner: not seen within 0.05 s/);
  t.equal(error.details.expected, '/never/');
  t.equal(error.details.output, 'something else');
});

t.test('a console that closes is a dead guest; an abort is the caller’s own reason', async (t) => {
  const { console, guest, say } = consoleWithPeer();
  const waiting = failure(console.expect(/never/, { timeoutMs: 5000 }));
  say('last words\r\n');
  guest.end();
  const error = await waiting;
  t.equal(error.failureClass, 'guest-dead');
  t.match(error.details.output, /last words/);
  t.throws(() => console.send('x'), { code: 'TAPBOOT_E_CONSOLE_CLOSED' });

  const other = consoleWithPeer();
  const abort = new AbortController();
  const aborted = other.console.expect(/x/, { timeoutMs: 5000, signal: abort.signal });
  abort.abort(new Error('enough'));
  await t.rejects(aborted, { message: 'enough' });
});

t.test('typing goes to the guest as Enter would, and to the log of the harness', async (t) => {
  const { console, guest, typed } = consoleWithPeer();
  console.send('root\n');
  console.send('pässword\n', { secret: true });
  await new Promise(setImmediate);
  t.equal(String(guest.read()), 'root\rpässword\r');
  t.strictSame(typed, ['root\\n', '(hidden)']);
  t.equal(console.transcript.text(), '', 'nothing of it is the guest’s');
});
