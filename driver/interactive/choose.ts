import { scenarioError } from '../errors.js';
import type { Connection } from '../record/connections.js';

/** A line that names a running machine. */
export function connectionLine({ run, vm, startedAt, ssh, process }: Connection): string {
  const how = ssh === undefined ? 'console' : `console, ssh on 127.0.0.1:${String(ssh.port)}`;
  return `${vm}  ${run}  since ${startedAt}  ${how}  (pid ${String(process.pid)})`;
}

/**
 * The machine that is meant.
 * @param wanted name of a VM or of a run, or the beginning of a run's name; absent: the only one
 * @throws TapbootError `scenario` TAPBOOT_E_ATTACH when none or several are
 */
export function chooseConnection(
  connections: readonly Connection[],
  wanted: string | undefined,
): Connection {
  const exact = connections.filter(({ vm, run }) => vm === wanted || run === wanted);
  const near = connections.filter(({ run }) => wanted === undefined || run.startsWith(wanted));
  const matching = exact.length > 0 ? exact : near;
  const [only] = matching;
  if (only !== undefined && matching.length === 1) return only;
  const running = matching.length > 0 ? matching : connections;
  const what =
    matching.length > 1
      ? 'several machines run'
      : wanted === undefined || connections.length === 0
        ? 'no machine runs'
        : `no machine or run is called ${wanted}`;
  throw scenarioError('TAPBOOT_E_ATTACH', what, {
    expected: 'the name of a running machine, or of its run',
    output: running.length === 0 ? undefined : running.map(connectionLine).join('\n'),
    hint:
      running.length === 0
        ? 'Only machines of this user and of the same TMPDIR are found.'
        : 'Name one of these.',
  });
}
