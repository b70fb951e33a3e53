// Text of guests, ledgers and scenarios that somebody else wrote: it neither steers the terminal
// nor speaks to the CI service, whichever command prints it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { EventsFile } from '../../driver/record/events-file.js';
import { FAILURE, scenario, Script, steps } from '../unit/report/streams.js';

const root = join(import.meta.dirname, '../..');

const EVIL = [
  '\u001b[2J\u001b[1;1H',
  '\u001b]0;title\u0007',
  '\u009b31m',
  '\u202e',
  '\n::stop-commands::x\n  ::add-mask::y\n##[error]forged\n',
  'over\rwritten',
].join('');

/** What no output may have in it. */
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]|^\s*::[a-z][^\n]*::|##\[/im;

async function printed(directory: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await execa(join(root, 'bin/tapboot'), args, {
    reject: false,
    cwd: directory,
    env: { GITHUB_ACTIONS: '' },
    stripFinalNewline: false,
  });
  return `${stdout}\n${stderr}`;
}

t.test('check: a scenario with escape sequences in it', async (t) => {
  const directory = t.testdir({
    'evil.yaml': `version: 1\nname: "x"\n"\\e[2J": 1\nsteps:\n  - run: "\\e[2Jx ::a::b"\n    nonsense: "##[error]\u001b[5A"\n`,
    'other.yaml': `version: 1\nname: x\nsteps:\n  - run: "a\n::stop-commands::x\n##[error]y\u001b[2J"\n  - [\n`,
  });
  const text = await printed(directory, 'check', 'evil.yaml', 'other.yaml');
  t.match(text, /evil\.yaml/);
  t.notMatch(text, STEERING);
});

t.test('list: names of files are somebody’s, too', async (t) => {
  const directory = t.testdir();
  const name = 'evil\u001b[2J\u009b31m.yaml';
  writeFileSync(join(directory, name), 'version: 1\nname: x\nsteps:\n  - run: "true"\n');
  for (const command of ['list', 'check']) {
    const text = await printed(directory, command, `./${name}`);
    t.match(text, /evil/);
    t.notMatch(text, STEERING, command);
  }
  writeFileSync(
    join(directory, 'named.yaml'),
    'version: 1\nname: "\u202e ##[error]forged"\ntags: [x]\nsteps:\n  - run: "true"\n',
  );
  for (const more of [[], ['--json']]) {
    const text = await printed(directory, 'list', './named.yaml', ...more);
    t.match(text, /forged/);
    t.notMatch(text, STEERING, 'list');
  }
});

t.test('history: a ledger', async (t) => {
  const line = (at: string, outcome: string): string =>
    `${JSON.stringify({
      timestamp: at,
      run_id: `r${at}`,
      outcome,
      duration_seconds: 5,
      scenarios: [
        { id: `s${EVIL}`, name: `evil ${EVIL}`, outcome, duration_seconds: 5, attempts: 1 },
      ],
    })}\n`;
  const directory = t.testdir({
    'ledger.jsonl': line('2030-01-01T00:00:00Z', 'passed') + line('2030-01-02T00:00:00Z', 'failed'),
    'evil.jsonl': '{"timestamp": "\\u001b[2J"}\n\u001b[2J::stop-commands::x\n',
  });
  for (const ledger of ['ledger.jsonl', 'evil.jsonl']) {
    for (const more of [[], ['--json']]) {
      t.notMatch(await printed(directory, 'history', ledger, ...more), STEERING, ledger);
    }
  }
});

t.test('merge and report: what a guest said, as run prints it', async (t) => {
  const directory = t.testdir();
  const logs = join(directory, 'run-1/logs');
  mkdirSync(logs, { recursive: true });
  const file = new EventsFile(join(logs, 'events.jsonl'));
  const script = new Script({
    handle: (event) => {
      file.handle(event);
    },
    close: () => file.close(),
  });
  const ref = scenario('a', `evil ${EVIL}`);
  const list = steps(`step ${EVIL}`);
  const failure = {
    ...FAILURE,
    message: EVIL,
    output: EVIL,
    console: EVIL,
    hint: EVIL,
    mismatches: [{ what: EVIL, expected: EVIL, got: `${EVIL}\n${EVIL}`, diff: EVIL }],
  };
  script.begin([ref, 1]);
  script.emit({ type: 'notice', level: 'warning', message: EVIL });
  script.start(ref, list);
  script.step(ref, list[0]!, failure);
  script.end(ref, 'failed', failure);
  await script.finish();
  for (const more of [[], ['--tap-flat'], ['--tap-version', '13']]) {
    const text = await printed(directory, 'merge', 'run-1', ...more);
    t.match(text, /not ok 1/);
    t.notMatch(text, STEERING, more.join(' '));
  }
});
