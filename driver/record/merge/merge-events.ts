import { noCounts } from '../../events/counts.js';
import type {
  EventSink,
  Failure,
  RunEvent,
  RunOutcome,
  ScenarioOutcome,
} from '../../events/events.js';
import { EXIT, strongest } from '../../exit-code.js';
import { readEvents } from './read-events.js';
import { renamings, type Renaming, type Shard } from './shard.js';

type RunEnd = Extract<RunEvent, { type: 'run:end' }>;

/** Strongest first. */
const OUTCOMES: readonly RunOutcome[] = ['error', 'failed', 'flaky', 'passed'];

/**
 * Plays several runs to a sink as one: a plan of all scenarios, the runs one behind the
 * other, one end. The sink cannot tell it from a run that did all of it. A run that was
 * killed leaves its open scenarios `interrupted`, and makes the whole an infrastructure
 * failure. Events are streamed: memory holds plans and verdicts only.
 * @returns the end that was played
 */
export async function mergeEvents(
  shards: readonly Shard[],
  sink: Pick<EventSink, 'handle'>,
  merged: { command: string[]; version: string },
): Promise<RunEnd> {
  const names = renamings(shards);
  const counts: Record<ScenarioOutcome, number> = noCounts();
  const counting = {
    handle: (event: RunEvent): void => {
      if (event.type === 'scenario:end') counts[event.outcome]++;
      if (event.type === 'scenario:queued') counts.queued++;
      if (event.type === 'scenario:not-run') counts['not-run']++;
      sink.handle(event);
    },
  };
  const startedAt = Math.min(...shards.map(({ start }) => start.at));
  sink.handle({
    at: startedAt,
    type: 'run:start',
    run: 'merged',
    ...merged,
    directory: shards.map(({ directory, events }) => directory ?? events).join(', '),
    scenarios: shards.flatMap((shard) =>
      shard.start.scenarios.flatMap((scenario) => {
        const ref = names.get(shard)?.(scenario);
        return ref === undefined ? [] : [{ ...scenario, ...ref }];
      }),
    ),
  });
  for (const shard of shards) await play(shard, names.get(shard) ?? identity, counting);
  const end = ending(shards, counts, startedAt);
  sink.handle(end);
  return end;
}

const identity: Renaming = (scenario) => scenario;

async function play(
  shard: Shard,
  rename: Renaming,
  sink: Pick<EventSink, 'handle'>,
): Promise<void> {
  const { start, end, lastAt: at, label } = shard;
  const notice = (message: string): void => {
    sink.handle({ at, type: 'notice', level: 'warning', message: `${label}: ${message}` });
  };
  for (const line of shard.badLines) {
    notice(`line ${String(line)} of its events cannot be read and is ignored`);
  }
  for await (const line of readEvents(shard.events)) {
    if (line.kind === 'bad') continue;
    const { event } = line;
    if (event.type === 'run:start' || event.type === 'run:end') continue;
    const moved = rebased(event, start.directory, shard.directory);
    if (!('scenario' in moved)) {
      sink.handle(moved);
      continue;
    }
    const scenario = rename(moved.scenario);
    if (scenario !== undefined) sink.handle({ ...moved, scenario });
  }
  if (end?.failure !== undefined) notice(end.failure.message);
  if (end === undefined) notice('the run was killed before its end');
  for (const scenario of start.scenarios) {
    if (shard.verdicts.has(scenario.id)) continue;
    const ref = rename(scenario);
    if (ref === undefined) continue;
    sink.handle({
      at,
      type: 'scenario:end',
      scenario: ref,
      outcome: 'interrupted',
      durationMs: 0,
      failure: end?.failure ?? unfinished(label),
      artifacts: [],
    });
  }
}

function unfinished(label: string): Failure {
  return {
    class: 'infra',
    code: 'TAPBOOT_E_MERGE_UNFINISHED',
    phase: 'teardown',
    message: `the run ${label} did not come to its end`,
    mismatches: [],
    artifacts: [],
    hint: 'Run its scenarios again; what it had finished counts.',
  };
}

/** Paths as they are here: evidence is collected from elsewhere, and moves. */
function rebased<E>(value: E, from: string, to: string | undefined): E {
  if (to === undefined || from === '' || from === to) return value;
  const walk = (inner: unknown): unknown => {
    if (typeof inner === 'string') {
      return inner === from || inner.startsWith(`${from}/`) ? to + inner.slice(from.length) : inner;
    }
    if (Array.isArray(inner)) return inner.map(walk);
    if (typeof inner !== 'object' || inner === null) return inner;
    return Object.fromEntries(Object.entries(inner).map(([key, one]) => [key, walk(one)]));
  };
  return walk(value) as E;
}

function ending(
  shards: readonly Shard[],
  counts: Record<ScenarioOutcome, number>,
  startedAt: number,
): RunEnd {
  const at = Math.max(...shards.map(({ lastAt }) => lastAt));
  // Whether something is left on the queue is known only of all runs together.
  const codes = shards
    .map(({ end }) => end?.exitCode ?? EXIT.infra)
    .filter((code) => code !== EXIT.incomplete);
  if (counts.queued > 0) codes.push(EXIT.incomplete);
  const outcomes = shards.map(({ end }) => end?.outcome ?? 'error');
  const killed = shards.find(({ end }) => end === undefined);
  const broken = shards.flatMap(({ end }) => (end?.failure === undefined ? [] : [end.failure]));
  const failure =
    killed === undefined
      ? (broken.find(({ class: name }) => name === 'infra') ?? broken[0])
      : unfinished(killed.label);
  const interrupted = shards.find(({ end }) => end?.interrupted !== undefined)?.end?.interrupted;
  return {
    at,
    type: 'run:end',
    counts,
    exitCode: strongest(codes),
    durationMs: at - startedAt,
    outcome: OUTCOMES.find((outcome) => outcomes.includes(outcome)) ?? 'passed',
    failure,
    interrupted,
  };
}
