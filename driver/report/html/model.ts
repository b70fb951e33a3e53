import type { RunEvent, StepOutcome } from '../../events/events.js';
import { Links } from './links.js';
import type { ReportData, ReportEvidence, ReportRun, ReportVm } from './report-data.js';
import { ScenarioTable } from './scenario-table.js';
import { OutputBudget } from './shorten.js';
import { Timeline } from './timeline.js';

/**
 * All that a report shows, from the events of one run. Also of a run that is cut short:
 * what had begun is `unfinished` then.
 */
export function reportData(events: readonly RunEvent[], evidence: ReportEvidence = {}): ReportData {
  const begin = events.find((event) => event.type === 'run:start');
  const runDirectory = begin?.directory ?? '/';
  const { reportDirectory = runDirectory, images = new Map<string, string>() } = evidence;
  const links = new Links({ runDirectory, reportDirectory }, images);
  const tags = new Map((begin?.scenarios ?? []).map(({ id, tags }) => [id, tags]));
  const scenarios = new ScenarioTable(links, new OutputBudget(), tags);
  const vms = new VmList(links, evidence);
  const timeline = new Timeline();
  const data: ReportData = {
    format: 'tapboot-report',
    version: 1,
    run: emptyRun(events),
    vms: [],
    scenarios: [],
    queued: [],
    notRun: [],
    notices: [],
    spans: [],
    environment: { ...evidence.environment },
    files: links.files(evidence.files ?? []),
  };
  for (const event of events) {
    scenarios.take(event);
    vms.take(event);
    timeline.take(event);
    takeGeneral(event, data, links);
  }
  const { run } = data;
  data.scenarios = scenarios.list(run.endedAt);
  data.vms = vms.list();
  data.spans = timeline.spans(data.scenarios, run.endedAt);
  for (const scenario of data.scenarios) {
    for (const { outcome } of scenario.steps) {
      if (outcome in run.steps) run.steps[outcome as StepOutcome] += 1;
    }
  }
  return data;
}

function emptyRun(events: readonly RunEvent[]): ReportRun {
  const startedAt = events[0]?.at ?? 0;
  const endedAt = events.at(-1)?.at ?? startedAt;
  return {
    name: '',
    version: '',
    command: [],
    startedAt,
    endedAt,
    durationMs: endedAt - startedAt,
    outcome: 'unfinished',
    counts: {},
    steps: { passed: 0, failed: 0, skipped: 0, reused: 0 },
  };
}

const textOnly = (record: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(record).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );

/** What is neither of a scenario nor of a machine. */
function takeGeneral(event: RunEvent, data: ReportData, links: Links): void {
  const { run } = data;
  switch (event.type) {
    case 'run:start':
      Object.assign(run, { name: event.run, version: event.version, command: event.command });
      run.startedAt = event.at;
      break;
    case 'image': {
      const { spec, identity, cached, buildSeconds, artifact } = event;
      data.image = { spec, identity, cached, artifact: textOnly(artifact) };
      if (buildSeconds !== undefined) data.image.buildSeconds = buildSeconds;
      break;
    }
    case 'accelerator':
      data.accelerator = { name: event.name, reasons: event.reasons };
      break;
    case 'scenario:queued': {
      const { scenario, projectedSeconds, reason } = event;
      data.queued.push({ id: scenario.id, name: scenario.name, projectedSeconds, reason });
      break;
    }
    case 'scenario:not-run': {
      const { scenario, reason } = event;
      data.notRun?.push({ id: scenario.id, name: scenario.name, reason });
      break;
    }
    case 'notice':
      data.notices.push({ at: event.at, level: event.level, message: event.message });
      break;
    case 'run:end':
      run.endedAt = event.at;
      run.outcome = event.outcome;
      run.exitCode = event.exitCode;
      run.counts = event.counts;
      run.durationMs = event.durationMs;
      if (event.interrupted !== undefined) run.interrupted = event.interrupted;
      if (event.failure !== undefined) run.failure = links.failure(event.failure);
      break;
    default:
      break;
  }
}

/** Collects the machines of a run in the order of their first start. */
export class VmList {
  readonly #links: Links;
  readonly #evidence: ReportEvidence;
  readonly #vms = new Map<string, ReportVm>();

  constructor(links: Links, evidence: ReportEvidence) {
    this.#links = links;
    this.#evidence = evidence;
  }

  take(event: RunEvent): void {
    if (event.type === 'vm:start') {
      const vm = this.#vm(event.vm);
      vm.argv = event.argv;
      vm.version = event.version;
      vm.starts.push(event.at);
      delete vm.endReason;
      delete vm.endedAt;
    } else if (event.type === 'vm:end') {
      const vm = this.#vm(event.vm);
      vm.endedAt = event.at;
      vm.endReason = event.reason;
    }
  }

  list(): ReportVm[] {
    return [...this.#vms.values()];
  }

  #vm(name: string): ReportVm {
    const present = this.#vms.get(name);
    if (present !== undefined) return present;
    const recording = this.#evidence.recordings?.get(name);
    const vm: ReportVm = {
      name,
      argv: [],
      version: '',
      starts: [],
      files: this.#links.files(this.#evidence.vmFiles?.get(name) ?? []),
      recording,
    };
    this.#vms.set(name, vm);
    return vm;
  }
}
