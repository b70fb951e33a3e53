import t from 'tap';
import type { RunEvent } from '../../../driver/events/events.js';
import { redacting, redactor, StreamRedactor } from '../../../driver/redact.js';
import { COMMAND, FAILURE, RUNS, Script } from '../report/streams.js';

const SECRET = `pa$$ "w'ord\\/1`;
const KEY = '-----BEGIN KEY-----\nAAAAB3NzaC1yc2EAAAA\nQyNTUxOQAAACDcafe\n-----END KEY-----\n';

t.test('a value is found in every form that a tool may print it in', async (t) => {
  const redact = redactor([SECRET]);
  const base64 = Buffer.from(SECRET).toString('base64');
  for (const [what, text] of Object.entries({
    plain: SECRET,
    json: JSON.stringify(SECRET).slice(1, -1),
    'single-quoted shell': SECRET.replaceAll("'", `'\\''`),
    'backslashed shell': String.raw`pa\$\$\ \"w\'ord\\/1`,
    url: encodeURIComponent(SECRET),
    base64,
    'base64 without padding': base64.replaceAll('=', ''),
    'JSON in JSON': JSON.stringify(JSON.stringify(SECRET).slice(1, -1)).slice(1, -1),
    XML: SECRET.replaceAll('"', '&quot;'),
    'coloured in the middle': `${SECRET.slice(0, 3)}\u001b[01;31m\u001b[K${SECRET.slice(3)}`,
    'with a title in the middle': `${SECRET.slice(0, 3)}\u001b]0;title\u0007${SECRET.slice(3)}`,
    'wrapped by a terminal': `${SECRET.slice(0, 7)} \r${SECRET.slice(7)}`,
    'wrapped over lines': `${SECRET.slice(0, 4)}\r\n${SECRET.slice(4, 9)}\n${SECRET.slice(9)}`,
  })) {
    t.match(redact(`before ${text} after`), /^before \[redacted\]=* after$/, what);
  }
  t.equal(redact('pa$$ word'), 'pa$$ word');
});

t.test('a value of several lines goes line by line too', async (t) => {
  const redact = redactor([KEY]);
  const printed = KEY.split('\n')
    .map((text) => `  | ${text}\r`)
    .join('\n');
  t.notMatch(redact(printed), /AAAAB3|Dcafe|BEGIN/);
  t.equal(redact(`x ${KEY}y`), 'x [redacted]\ny');
});

t.test('base64 together with other text, and framed on the console', async (t) => {
  const redact = redactor(['correct-horse-battery']);
  for (const user of ['', 'a:', 'ab:', 'abc:']) {
    const encoded = Buffer.from(`${user}correct-horse-battery and more`).toString('base64');
    const told = redact(encoded);
    t.match(told, /\[redacted\]/, encoded);
    const rest = told.split('[redacted]').map((part) => Buffer.from(part, 'base64').toString());
    t.notMatch(rest.join(' '), /orrect|horse|batter/);
  }
  const line = (number: number, text: string): string =>
    `@tb00c0ffee:7:o:${String(number)}:${text}:.\r\n`;
  const output = Buffer.from(`${'x'.repeat(45)}correct-horse-battery\n`).toString('base64');
  const framed = line(1, output.slice(0, 76)) + line(2, output.slice(76));
  const told = redact(framed);
  t.match(told, /^@tb00c0ffee:7:o:1:(?:eHh4)+\[redacted\]/);
  t.notMatch(told, /hvcnNl/, 'cut by the end of a line');
});

t.test('what is left where a text was cut', async (t) => {
  const redact = redactor(['correct-horse-battery']);
  t.equal(redact('`login --password correct-ho…`'), '`login --password [redacted]…`');
  t.equal(
    redact('a corr\n… 12 characters left out …\nattery b'),
    'a [redacted]\n… 12 characters left out …\n[redacted] b',
  );
  t.equal(redact('cor…'), 'cor…', 'fewer than four characters tell nothing');
});

t.test('the longest value wins; none, empty ones and short ones', async (t) => {
  t.equal(redactor(['abcd', 'abcdefgh'])('abcdefgh abcd'), '[redacted] [redacted]');
  t.equal(redactor([])('abc'), 'abc');
  t.equal(redactor([''])('abc'), 'abc');
  t.throws(() => redactor(['abc']), {
    code: 'TAPBOOT_E_SECRET_TOO_SHORT',
    failureClass: 'scenario',
  });
});

t.test('a stream is redacted as if it had come in one piece, wherever it is cut', async (t) => {
  const redact = redactor(['hunter22', 'hunter22-and-more']);
  const text = 'a hunter22 b hunter22-and-more c hunt\r\ner22 d hunter2';
  for (let size = 1; size <= text.length; size++) {
    const stream = new StreamRedactor(redact);
    let out = '';
    for (let at = 0; at < text.length; at += size) out += stream.push(text.slice(at, at + size));
    out += stream.flush();
    t.equal(out, 'a [redacted] b [redacted] c [redacted] d hunter2', `pieces of ${String(size)}`);
  }
});

t.test('a stream with escape sequences, wherever they are cut', async (t) => {
  const redact = redactor(['abcdefgh', 'defghijk']);
  const text =
    '1 abc\u001b[1;31mdef\u001b]0;t\u0007gh 2 abcdefghijk 3 abc \r\ndefgh 4 \u001b[0m abcd';
  const expected = '1 [redacted] 2 [redacted] 3 [redacted] 4 \u001b[0m abcd';
  t.equal(redact(text), expected);
  for (let size = 1; size <= text.length; size++) {
    const stream = new StreamRedactor(redact);
    let out = '';
    for (let at = 0; at < text.length; at += size) out += stream.push(text.slice(at, at + size));
    out += stream.flush();
    t.equal(out, expected, `pieces of ${String(size)}`);
  }
  const eager = new StreamRedactor(redact);
  t.equal(eager.push('login: '), 'login: ', 'what begins no secret is not held back');
});

t.test('no event carries a secret to a sink; the vocabulary stays', async (t) => {
  const events: RunEvent[] = [];
  const sink = redacting({ handle: (event) => events.push(event) }, redactor(['failed', SECRET]));
  const script = new Script(sink);
  const step = { index: 1, title: `log in as ${SECRET}`, kind: 'run', at: FAILURE.at! };
  await RUNS['failed']!(script);
  script.emit({
    type: 'step:end',
    scenario: { id: 's', name: 's', file: 'f' },
    step,
    outcome: 'failed',
    durationMs: 1,
    notes: [SECRET],
    artifacts: [],
    commands: [{ ...COMMAND, stdout: `x${SECRET}x` }],
    failure: { ...FAILURE, output: SECRET },
  });
  t.notOk(JSON.stringify(events).includes(JSON.stringify(SECRET).slice(1, -1)));
  t.match(events.at(-1), { outcome: 'failed', failure: { output: '[redacted]' } });
  t.ok(events.some((event) => event.type === 'run:end'));
});
