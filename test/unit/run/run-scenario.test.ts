import t from 'tap';
import { infraError } from '../../../driver/errors.js';
import { EventStream } from '../../../driver/events/stream.js';
import { KnownIssues } from '../../../driver/run/known-issues/known-issues.js';
import { runScenario } from '../../../driver/run/run-scenario.js';
import type { ScenarioContext } from '../../../driver/run/scenario-context.js';
import type { Machines } from '../../../driver/snapshots/pool-of-run.js';
import type { Scenario } from '../../../driver/scenario/index.js';
import { load } from '../scenario/scenario-files.js';

t.test('a machine is found by the scenario as it is written, whatever the factor', async (t) => {
  const { scenarios } = await load(t, { 'it.yaml': ['name: It', 'steps: [{ run: id }]'] });
  const [scenario] = scenarios;
  if (scenario === undefined) throw new Error('no scenario');
  const asked: Scenario[] = [];
  const machines = {
    pool: { checkpoints: { failed: () => undefined } },
    start: {
      acquire: (wanted: Scenario) => {
        asked.push(wanted);
        return Promise.reject(infraError('TAPBOOT_E_TOOL_FAILED', 'no machine in this test'));
      },
    },
  } as unknown as Machines;
  const context = {
    events: new EventStream((error) => {
      throw error;
    }),
    policy: { retries: 0, knownIssues: new KnownIssues([]) },
    request: {
      config: { timeoutFactor: 2, accel: 'auto' },
      signal: new AbortController().signal,
    },
    host: { accelerator: { name: 'tcg' } },
    secrets: (text: string) => text,
  } as unknown as ScenarioContext;
  const { id, name, file } = scenario;
  const result = await runScenario({ scenario, ref: { id, name, file } }, machines, context);
  t.same(result, { outcome: 'failed', class: 'infra' });
  t.equal(asked[0], scenario, 'its timeouts are part of the keys of its steps');
});
