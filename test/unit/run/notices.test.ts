import t from 'tap';
import { NO_HISTORY } from '../../../driver/record/ledger/history.js';
import { type NoticeSources, openingNotices } from '../../../driver/run/notices.js';
import type { PlannedScenario } from '../../../driver/run/work-list.js';

const planned = (id: string, more: Partial<PlannedScenario['scenario']> = {}): PlannedScenario =>
  ({ scenario: { id, redact: [], redactedValues: [], ...more }, ref: { id } }) as PlannedScenario;

const told = (
  chosen: NoticeSources['chosen'],
  config: { shard?: { index: number; total: number }; resume?: boolean } = {},
): string[] =>
  openingNotices({
    request: { config: { queuePath: '/q.json', ...config } } as NoticeSources['request'],
    chosen,
    said: [],
    policy: {
      retries: 0,
      knownIssues: { expired: () => [] },
    } as unknown as NoticeSources['policy'],
    history: NO_HISTORY,
  }).map(({ level, message }) => `${level}: ${message}`);

t.test('what runs though nobody asked for it is told once, with the reason', async (t) => {
  const from = { scenario: 'saves', checkpoint: 'here', at: { file: 'f', line: 1, column: 1 } };
  const source: PlannedScenario = { ...planned('saves'), again: true };
  t.same(told({ planned: [source, planned('starts', { from }), source] }), [
    'info: saves runs, too: starts starts from its checkpoint',
  ]);
  t.same(told({ planned: [planned('saves'), planned('starts', { from })] }), []);
});

t.test('a shard tells its part of the whole, also when that is nothing', async (t) => {
  const shard = { index: 2, total: 3 };
  const divided = ['a', 'b', 'c'];
  t.same(told({ planned: [planned('b')], divided }, { shard }), [
    'info: shard 2/3: 1 of 3 scenarios',
  ]);
  t.same(told({ planned: [], divided, measured: 2 }, { shard }), [
    'info: shard 2/3: 0 of 3 scenarios; the durations of 2 are known',
  ]);
  t.same(told({ planned: [] }, { resume: true }), [
    'info: nothing to resume: the queue is empty (/q.json)',
  ]);
});
