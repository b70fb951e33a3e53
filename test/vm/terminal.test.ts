// The report on a terminal, and an interrupt there: on pseudo-terminals, with real machines.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { processesOf } from '../helpers/processes.js';
import { Place, readMetadata, runDirectories, runState } from '../helpers/run-tapboot.js';
import { TerminalSession, type TerminalOptions } from '../helpers/terminal.js';

t.setTimeout(20 * 60_000);

const PASSES = `version: 1
name: Passes, with a headline that is longer than a narrow terminal
steps:
  - run: sleep 1.5
  - name: it is there
    run: test -d /run
`;

const FAILS = `version: 1
name: Fails
steps:
  - name: two lines are there
    run: printf 'one\\ntwo\\n'
    expect: { stdout: { equals: "one\\n2\\n" } }
`;

const HANGS = `version: 1
name: Takes its time
steps:
  - name: a long sleep
    run: sleep 600
    timeout: 11m
`;

const place = await Place.make(t);
const work = t.testdir({
  scenarios: { 'a.yaml': PASSES, 'b.yaml': FAILS },
  hang: { 'hangs.yaml': HANGS },
});
const start = (args: string[], options: TerminalOptions = {}): TerminalSession =>
  TerminalSession.start(place, [...args, '--accel', 'tcg'], { cwd: work, ...options });

const last = (t: Test): string => {
  const run = runDirectories(place.logRoot).at(-1);
  t.ok(run, 'there is a run directory');
  return run ?? '';
};

t.test('two workers: what each does, then a line each, and the failure', async (t) => {
  const run = start(['run', '--workers', '2']);
  await run.shows(/w1 {2}Passes.* {2}(?:boot|restore|get a machine) {2}.*\n.*w2 {2}Fails {2}/);
  await run.shows(/w1 {2}Passes.* {2}1\/2 run: sleep 1\.5 {2}[\d.]+ s/);
  await run.shows(/\d\/2 done/);
  t.equal((await run.end).code, 1);
  const { lines, text, wrapped } = await run.screen();
  const own = lines.filter((line) => !line.startsWith('    ') && !/^run directory/.test(line));
  t.same(
    own.filter((line) => line.length > 80),
    [],
    'nothing of the report is wider',
  );
  t.notMatch(text, /^w\d |\d\/2 done/m, 'the live lines are gone');
  t.match(text, /^✓ Passes, with a headline.* [\d.]+ s$/m);
  t.match(text, /^✗ Fails › 1\. two lines are there +[\d.]+ s$/m);
  for (const detail of [
    /^ {4}scenarios\/b\.yaml:4:5$/m,
    /^ {4}> 4 \| {3}- name: two lines are there$/m,
    /^ {4}-2\n {4}\+two$/m,
    /line 2: expected 2, got two/,
    /^ {4}console:$/m,
    /^ {4}evidence: \S+\/diagnostics\/$/m,
    /^ {4}again: tapboot run --accel tcg .*b$/m,
  ])
    t.match(text, detail);
  t.notMatch(text, /@tb[0-9a-f]{8}/, "the driver's own words on the console are no evidence");
  t.match(text, /^failed: 1 passed, 1 failed in /m);
  t.ok(wrapped < 12, 'only paths were wrapped');
  t.match(run.output, /\u001b\[31m✗/, 'in colour');
});

t.test('the next run knows how long it takes; 40 columns; resized while it draws', async (t) => {
  const run = start(['run', '--workers', '1', 'a'], { columns: 40 });
  await run.shows(/1\/2 .*[\d.]+ s of ~\d/);
  await run.resize(30, 10);
  await run.shows(/\d\/1 done/, run.mark);
  t.equal((await run.end).code, 0);
  t.match((await run.screen()).text, /^passed: 1 passed, 0 failed in /m);
});

t.test('NO_COLOR, TERM=dumb', async (t) => {
  const plain = start(['run', 'a'], { env: { NO_COLOR: '1' } });
  t.equal((await plain.end).code, 0);
  t.notMatch(plain.output, /\u001b\[[\d;]*m/, 'NO_COLOR: no colour');
  t.match(plain.output, /\u001b\[J/, 'but lines that are redrawn');
  const dumb = start(['run', 'a'], { env: { TERM: 'dumb' } });
  t.equal((await dumb.end).code, 0);
  t.notOk(dumb.output.includes('\u001b'), 'TERM=dumb: not one escape sequence');
  t.match(dumb.output, /✓ it is there/, 'a line a step');
});

t.test('a terminal without a size, as `script` makes it in CI', async (t) => {
  const run = start(['run', 'a'], { columns: 0, rows: 0 });
  await run.shows(/1\/2 run: sleep 1\.5/);
  t.equal((await run.end).code, 0);
});

t.test('Ctrl-C: ends cleanly, with its record', async (t) => {
  const run = start(['run', 'hang/hangs.yaml']);
  await run.shows(/1\/1 a long sleep/);
  run.type('\u0003');
  t.equal((await run.end).code, 4);
  const { text } = await run.screen();
  t.match(text, /^tapboot: SIGINT: ending the run; once more to end at once$/m);
  t.match(text, /^interrupted by SIGINT$/m);
  t.notMatch(text, /^. \d\/1 done|\^C/m, 'the live lines are gone, and what the terminal echoed');
  const directory = last(t);
  t.equal(runState(directory), 'ended');
  t.equal(readMetadata(directory)?.scenarios[0]?.outcome, 'interrupted');
  await place.expectNothingLeft(t);
});

t.test('Ctrl-C twice: at once, with nothing left but the record so far', async (t) => {
  const run = start(['run', 'hang/hangs.yaml']);
  await run.shows(/1\/1 a long sleep/);
  // Two of the same signal at once would be one.
  run.type('\u0003');
  await run.shows(/once more to end at once/);
  run.type('\u0003');
  t.equal((await run.end).code, 130);
  t.match((await run.screen()).text, /^tapboot: SIGINT: ended at once$/m);
  const directory = last(t);
  t.match(readFileSync(join(directory, 'logs/harness.log'), 'utf8'), /a long sleep/);
  await t.resolves(untilEnded());
});

t.test('the window is closed: the run ends in its own way', async (t) => {
  const run = start(['run', 'hang/hangs.yaml']);
  await run.shows(/1\/1 a long sleep/);
  const directory = last(t);
  run.hangUp();
  await untilEnded();
  t.equal(runState(directory), 'ended');
  t.equal(readMetadata(directory)?.scenarios[0]?.outcome, 'interrupted');
});

t.test('watch: edit, verdict, seconds', async (t) => {
  const file = join(work, 'scenarios/b.yaml');
  const watching = start(['watch', 'b']);
  await watching.shows(/exit code 1, [\d.]+ s\s+tapboot: waiting for a change/);
  const before = watching.mark;
  writeFileSync(file, FAILS.replace('one\\n2\\n', 'one\\ntwo\\n'));
  await watching.shows(
    /changed: scenarios\/b\.yaml[^]*exit code 0, [\d.]+ s\s+tapboot: wai/,
    before,
  );
  watching.type('\u0003');
  t.equal((await watching.end).code, 0);
  const { text } = await watching.screen();
  t.match(
    text,
    /^tapboot: changed: scenarios\/b\.yaml\n(?:.*\n)*✓ Fails .*\n(?:.*\n)*passed: 1 passed/m,
  );
  t.notMatch(text, /\d\/1 done/);
  await place.expectNothingLeft(t);
});

async function untilEnded(): Promise<void> {
  while (processesOf(place.temporary).length > 0) await new Promise((done) => setTimeout(done, 50));
}
