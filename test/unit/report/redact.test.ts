import t from 'tap';
import type { RunEvent } from '../../../driver/events/events.js';
import { redacting, redactor, StreamRedactor } from '../../../driver/report/redact.js';
import { COMMAND, FAILURE, RUNS, Script } from './streams.js';

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
  t.equal(redact(`x ${KEY}y`), 'x [redacted]y');
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

t.test('no event carries a secret to a sink; the vocabulary stays', async (t) => {
  const events: RunEvent[] = [];
  const sink = redacting({ handle: (event) => events.push(event) }, redactor(['failed', SECRET]));
  const script = new Script(sink);
  const step = { index: 1, title: `log in as ${SECRET}`, kind: 'run', at: FAILURE.at! };
  await RUNS['failed']!(script);
  script.emit({
    ...{ type: 'step:end', scenario: { id: 's', name: 's', file: 'f' }, step, outcome: 'failed' },
    ...{ durationMs: 1, notes: [SECRET], artifacts: [] },
    commands: [{ ...COMMAND, stdout: `x${SECRET}x` }],
    failure: { ...FAILURE, output: SECRET },
  });
  t.notOk(JSON.stringify(events).includes(JSON.stringify(SECRET).slice(1, -1)));
  t.match(events.at(-1), { outcome: 'failed', failure: { output: '[redacted]' } });
  t.ok(events.some((event) => event.type === 'run:end'));
});
