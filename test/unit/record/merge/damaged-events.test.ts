// Files of events that were damaged, or made up: whatever they hold, report and merge read them, or
// say which line they cannot read.
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { EventSink, RunEvent } from '../../../../driver/events/events.js';
import { findShards } from '../../../../driver/record/merge/find-shards.js';
import { mergeEvents } from '../../../../driver/record/merge/merge-events.js';
import { asEvent } from '../../../../driver/record/merge/event-schema.js';
import { readEvents } from '../../../../driver/record/merge/read-events.js';
import { labelled, readShard } from '../../../../driver/record/merge/shard.js';
import { TapbootError } from '../../../../driver/errors.js';
import { annotations } from '../../../../driver/report/formats/github.js';
import { junitXml } from '../../../../driver/report/formats/junit.js';
import { stepSummary } from '../../../../driver/report/github-summary.js';
import { readEvidence } from '../../../../driver/report/html/evidence.js';
import { renderReport } from '../../../../driver/report/html/render.js';
import { MemoryOutput } from '../../../../driver/report/output.js';
import { PrettyReporter } from '../../../../driver/report/pretty.js';
import { RunTable } from '../../../../driver/report/run-table.js';
import { TapReporter } from '../../../../driver/report/tap.js';
import { RETRIED, RUNS, Script } from '../../report/streams.js';

/** A run with an event of every type in it, and every optional part somewhere. */
async function wholeRun(): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  const sink = { handle: (event: RunEvent): void => void events.push(event) };
  const script = new Script(sink);
  const scenario = { id: 'a', name: 'A', file: 'a.yaml' };
  script.emit({ type: 'debug:start', vm: 'main' });
  script.emit({ type: 'debug:end', vm: 'main', seconds: 1 });
  script.emit({ type: 'phase:progress', phase: 'build', text: 'x' });
  script.emit({ type: 'vm:end', vm: 'main', reason: 'x' });
  script.emit({ type: 'scenario:queued', scenario, projectedSeconds: 1, reason: 'x' });
  const more = [...events];
  events.length = 0;
  await RETRIED['failed twice']!(script);
  const end = events.pop()!;
  const disks = [
    {
      disk: 'vdb',
      sizeBytes: 512,
      state: 'x',
      findings: [{ offset: 0, length: 1, kind: 'x', what: 'y' }],
      nonZero: [{ offset: 0, length: 1 }],
    },
  ];
  return [...events, ...more, end].map((event) =>
    event.type === 'step:end' ? { ...event, disks } : event,
  );
}

const text = (events: readonly unknown[]): string =>
  events.map((event) => `${JSON.stringify(event)}\n`).join('');

/** Everything that reads events, as report, merge and run show them. */
function show(events: readonly RunEvent[]): void {
  const table = new RunTable();
  const pretty = { columns: () => 80, live: false, color: true, workingDirectory: '/' };
  const sinks: EventSink[] = [
    table,
    new TapReporter(new MemoryOutput(), { version: 14, flat: false, retries: true }),
    new TapReporter(new MemoryOutput(), { version: 13, flat: true, retries: false }),
    new PrettyReporter(new MemoryOutput(), pretty),
  ];
  for (const event of events) for (const sink of sinks) sink.handle(event);
  junitXml(table, '/');
  annotations(table, { workingDirectory: '/' });
  stepSummary(table, 100_000);
  renderReport(events, { assets: { script: '', themeScript: '', styles: '' } });
}

/** Reads a file of events by all of the ways there are. @returns the lines that were told as bad */
async function readAll(directory: string, content: string): Promise<number> {
  const logs = join(directory, 'run/logs');
  mkdirSync(logs, { recursive: true });
  const file = join(logs, 'events.jsonl');
  writeFileSync(file, content);
  const events: RunEvent[] = [];
  let bad = 0;
  for await (const line of readEvents(file)) {
    if (line.kind === 'event') events.push(line.event);
    else bad++;
  }
  show(events);
  try {
    const shards = [];
    for (const place of findShards([join(directory, 'run')])) shards.push(await readShard(place));
    const merged: RunEvent[] = [];
    const sink = { handle: (event: RunEvent): void => void merged.push(event) };
    await mergeEvents(labelled(shards), sink, { command: [], version: '1' });
    show(merged);
  } catch (error) {
    // A file without a run in it is refused in words.
    if (!(error instanceof TapbootError)) throw error;
  }
  return bad;
}

/** Each place of a value, and the value with something else in it. */
function* changed(value: unknown, to: unknown): Generator {
  yield to;
  if (Array.isArray(value)) {
    for (const [index, inner] of value.entries()) {
      for (const other of changed(inner, to)) yield value.with(index, other);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      for (const other of changed(inner, to)) yield { ...value, [key]: other };
    }
  }
}

const WRONG: readonly unknown[] = [undefined, null, true, -1, 1e300, [], [null], {}];

async function survives(t: Test, name: string, content: string): Promise<void> {
  try {
    await readAll(t.testdirName, content);
  } catch (error) {
    t.fail(name, { error: String(error instanceof Error ? error.stack : error).slice(0, 400) });
  }
}

t.test('a whole run is read as it is', async (t) => {
  const directory = t.testdir();
  t.equal(await readAll(directory, text(await wholeRun())), 0);
  for (const tell of Object.values({ ...RUNS, ...RETRIED })) {
    const events: RunEvent[] = [];
    await tell(new Script({ handle: (event) => void events.push(event) }));
    t.equal(await readAll(directory, text(events)), 0);
  }
});

t.test('whatever stands in any place of any event', async (t) => {
  t.testdir();
  const events = await wholeRun();
  const seen = new Set<string>();
  let [count, taken] = [0, 0];
  for (const [index, event] of events.entries()) {
    // One event of a type is enough, and one more where it has more in it.
    const shape = `${event.type} ${Object.keys(event).join()}`;
    if (seen.has(shape)) continue;
    seen.add(shape);
    for (const wrong of WRONG) {
      for (const other of changed(event, wrong)) {
        count++;
        // What is refused is as if it were missing, which is looked at below.
        const written = JSON.stringify(other) as string | undefined;
        if (written === undefined || 'problem' in asEvent(JSON.parse(written))) continue;
        taken++;
        const name = `${event.type}: ${written.slice(0, 300)}`;
        await survives(t, name, text(events.with(index, other as RunEvent)));
      }
    }
  }
  t.ok(count > 1000 && taken > 50, `${String(count)} damaged events, ${String(taken)} taken`);
});

t.test('events that are missing, come twice, or in another order', async (t) => {
  t.testdir();
  const events = await wholeRun();
  for (const [index, event] of events.entries()) {
    const name = `${event.type} (${String(index)})`;
    await survives(t, `without ${name}`, text(events.toSpliced(index, 1)));
    await survives(t, `twice ${name}`, text(events.toSpliced(index, 0, event)));
    await survives(t, `cut at ${name}`, text(events.slice(0, index)));
    await survives(t, `from ${name}`, text(events.slice(index)));
  }
  await survives(t, 'backwards', text(events.toReversed()));
});

t.test('lines that are no events are named, with the reason', async (t) => {
  const file = join(t.testdir(), 'events.jsonl');
  const notice = { at: 1, type: 'notice', level: 'info', message: 'x' };
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  const lines = [
    JSON.stringify(notice),
    JSON.stringify({ ...notice, at: 'now' }),
    JSON.stringify({ ...notice, level: 7 }),
    '{"at":1,"type":"not',
    'null',
    JSON.stringify({ at: 1, type: 'of:tomorrow', more: 1 }),
    `{"at":1,"type":"notice","level":"info","message":"x","deep":${deep}}`,
    JSON.stringify({ ...notice, type: 'run:end', counts: { passed: 1e9 } }),
  ];
  writeFileSync(file, lines.join('\n'));
  const told: string[] = [];
  const events: RunEvent[] = [];
  for await (const line of readEvents(file)) {
    if (line.kind === 'event') events.push(line.event);
    else told.push(`${String(line.line)} ${line.reason}`);
  }
  t.match(told, [
    /^2 not an event: notice: at: /,
    /^3 not an event: notice: level: /,
    /^4 not JSON: /,
    /^5 not an event: /,
    /^8 not an event: run:end: /,
  ]);
  t.match(events, [notice, { type: 'of:tomorrow' }, notice]);
});

t.test('a scenario of a thousand million steps costs nothing', async (t) => {
  const events = await wholeRun();
  const more = events.map((event) =>
    event.type === 'run:start'
      ? { ...event, scenarios: event.scenarios.map((one) => ({ ...one, steps: 1e9 })) }
      : event,
  );
  const started = performance.now();
  t.equal(await readAll(t.testdir(), text(more)), 1);
  t.ok(performance.now() - started < 5000);
});

t.test('a run directory whose other files are damaged, or lead elsewhere', async (t) => {
  const cast = `{"version":2,"width":80,"height":24}\n[0,"o","a secret of this host"]\n`;
  const place = t.testdir({ run: { logs: {} }, 'secret.cast': cast });
  const directory = join(place, 'run');
  const events = await wholeRun();
  const evidence = async (metadata: unknown): Promise<string> => {
    writeFileSync(join(directory, 'logs/metadata.json'), JSON.stringify(metadata));
    const { recordings, ...rest } = await readEvidence(events, directory);
    return JSON.stringify([rest, ...(recordings ?? [])]);
  };
  const vm = (serial: unknown): object => ({ vms: [{ name: 'main', logs: { serial } }] });
  for (const metadata of [null, [], { vms: [null] }, { vms: 7 }, vm(null), { environment: [1] }]) {
    t.notMatch(await evidence(metadata), 'secret');
  }
  t.notMatch(await evidence(vm('run/../secret.cast')), 'secret', 'a path that leads out of it');
  symlinkSync(join(place, 'secret.cast'), join(directory, 'logs/serial.cast'));
  t.notMatch(await evidence(vm('run/logs/serial.log')), 'secret', 'a link');
  unlinkSync(join(directory, 'logs/serial.cast'));
  execFileSync('mkfifo', [join(directory, 'logs/serial.cast')]);
  t.notMatch(await evidence(vm('run/logs/serial.log')), 'secret', 'a FIFO');
  unlinkSync(join(directory, 'logs/serial.cast'));
  writeFileSync(join(directory, 'logs/serial.cast'), cast);
  t.match(await evidence(vm('run/logs/serial.log')), 'secret', 'its own recording is shown');
});
