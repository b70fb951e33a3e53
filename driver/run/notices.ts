import type { RunEvent } from '../events/events.js';
import type { History } from '../record/ledger/history.js';
import type { FailurePolicy } from './retry-policy.js';
import type { PlannedScenario } from './work-list.js';
import type { RunRequest } from './request.js';
import type { Chosen } from './scenario-arguments.js';

/** What a run has to say before it begins. */
export type Notice = Omit<Extract<RunEvent, { type: 'notice' }>, 'at'>;

/** What the notices are about. */
export interface NoticeSources {
  request: Pick<RunRequest, 'config' | 'inArguments'>;
  chosen: Omit<Chosen, 'secrets'>;
  /** What was found and repaired in the record. */
  said: readonly string[];
  policy: FailurePolicy;
  history: Pick<History, 'badLines'>;
}

/** All that is to be told behind the beginning of a run. */
export function openingNotices(sources: NoticeSources): Notice[] {
  const { request, chosen, said, policy, history } = sources;
  const { planned } = chosen;
  const warning = (message: string): Notice => ({ type: 'notice', level: 'warning', message });
  return [
    ...said.map(warning),
    ...policy.knownIssues.expired().map(warning),
    ...aboutBrought(planned),
    ...aboutShard(request.config, chosen),
    // Whatever else chooses nothing is an error.
    ...(request.config.resume && planned.length === 0
      ? [emptyQueue(request.config.queuePath)]
      : []),
    ...history.badLines.map(({ line, reason }) =>
      warning(`ledger line ${String(line)} cannot be read and is passed over: ${reason}`),
    ),
    ...aboutSecrets(planned, request.inArguments ?? [], warning),
  ];
}

const emptyQueue = (path: string): Notice => ({
  type: 'notice',
  level: 'info',
  message: `nothing to resume: the queue is empty (${path})`,
});

/** What runs though nobody asked for it. */
function aboutBrought(planned: readonly PlannedScenario[]): Notice[] {
  const brought = new Set(planned.flatMap(({ scenario, again }) => (again ? [scenario.id] : [])));
  return [...brought].map((id) => {
    const starting = planned.find(({ scenario }) => scenario.from?.scenario === id)?.scenario.id;
    const message = `${id} runs, too: ${starting ?? 'another'} starts from its checkpoint`;
    return { type: 'notice', level: 'info', message };
  });
}

function aboutShard(
  { shard }: Pick<RunRequest['config'], 'shard'>,
  { planned, divided = [], measured }: Omit<Chosen, 'secrets'>,
): Notice[] {
  if (shard === undefined) return [];
  const { index, total } = shard;
  const how = measured === undefined ? '' : `; the durations of ${String(measured)} are known`;
  const part = `${String(planned.length)} of ${String(divided.length)} scenarios`;
  const message = `shard ${String(index)}/${String(total)}: ${part}${how}`;
  return [{ type: 'notice', level: 'info', message }];
}

function aboutSecrets(
  planned: readonly PlannedScenario[],
  inArguments: readonly string[],
  warning: (message: string) => Notice,
): Notice[] {
  const scenarios = planned.map(({ scenario }) => scenario);
  if (scenarios.every(({ redactedValues }) => redactedValues.length === 0)) return [];
  const names = new Set(scenarios.flatMap(({ redact }) => redact));
  return [
    {
      type: 'notice',
      level: 'info',
      message:
        'redacted values remain in serial.log, in capsules, and in files copied from the guest: ' +
        'check these before you pass them on',
    },
    ...inArguments
      .filter((name) => names.has(name))
      .map((name) =>
        warning(
          `${name} is redacted, but every user of this host can read its value on the command line: ` +
            `give it by --var-env ${name} or --var-file`,
        ),
      ),
  ];
}
