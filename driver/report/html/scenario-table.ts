import type { DiskMap, RunEvent, StepRef } from '../../events/events.js';
import { type MdVersion, mdPlace } from '../../residue/signatures/md-places.js';
import type { Links } from './links.js';
import type { ReportDisk, ReportScenario, ReportStep } from './report-data.js';
import type { OutputBudget } from './shorten.js';

type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

/** Collects scenarios and their steps, in the order in which they began. */
export class ScenarioTable {
  readonly #links: Links;
  readonly #budget: OutputBudget;
  readonly #tags: ReadonlyMap<string, string[]>;
  readonly #all: ReportScenario[] = [];
  /** The attempt that goes on, by scenario id. */
  readonly #current = new Map<string, ReportScenario>();
  readonly #anchors = new Set<string>();

  /** @param tags of the scenarios by id */
  constructor(links: Links, budget: OutputBudget, tags: ReadonlyMap<string, string[]>) {
    this.#links = links;
    this.#budget = budget;
    this.#tags = tags;
  }

  take(event: RunEvent): void {
    switch (event.type) {
      case 'scenario:start':
        this.#begin(event);
        break;
      case 'scenario:machine': {
        const scenario = this.#current.get(event.scenario.id);
        if (scenario === undefined) break;
        scenario.vm = event.vm;
        scenario.origin = event.origin;
        break;
      }
      case 'step:start': {
        const step = this.#step(event);
        if (step === undefined) break;
        step.startedAt = event.at;
        step.outcome = 'unfinished';
        break;
      }
      case 'step:end':
        this.#endStep(event);
        break;
      case 'scenario:end':
        this.#end(event);
        break;
      default:
        break;
    }
  }

  /** @param now when the events end: how long what is unfinished has taken by then */
  list(now: number): ReportScenario[] {
    for (const scenario of this.#all) {
      if (scenario.outcome !== 'unfinished') continue;
      scenario.durationMs = now - scenario.startedAt;
      for (const step of scenario.steps) {
        if (step.outcome !== 'unfinished') continue;
        step.durationMs = now - (step.startedAt ?? now);
      }
    }
    return this.#all;
  }

  #begin(event: EventOf<'scenario:start'>): void {
    const { id, name, file } = event.scenario;
    const scenario: ReportScenario = {
      anchor: this.#anchor(id),
      id,
      name,
      file,
      tags: this.#tags.get(id) ?? [],
      attempt: event.attempt,
      startedAt: event.at,
      durationMs: 0,
      outcome: 'unfinished',
      artifacts: [],
      steps: event.steps.map(emptyStep),
      worker: event.worker,
    };
    this.#all.push(scenario);
    this.#current.set(id, scenario);
  }

  /** A retry, or a second execution, is `id~2`, `id~3`, … */
  #anchor(id: string): string {
    let anchor = id;
    for (let number = 2; this.#anchors.has(anchor); number++) anchor = `${id}~${String(number)}`;
    this.#anchors.add(anchor);
    return anchor;
  }

  #step(event: EventOf<'step:start'> | EventOf<'step:end'>): ReportStep | undefined {
    const scenario = this.#current.get(event.scenario.id);
    if (scenario === undefined) return undefined;
    const { index } = event.step;
    // Steps that only turn up on the way have their place, too.
    const expected = scenario.steps[index - 1];
    if (expected?.index === index) return expected;
    const present = scenario.steps.find((step) => step.index === index);
    if (present !== undefined) return present;
    const added = emptyStep(event.step);
    scenario.steps.push(added);
    return added;
  }

  #endStep(event: EventOf<'step:end'>): void {
    const step = this.#step(event);
    if (step === undefined) return;
    const failed = event.outcome === 'failed';
    step.startedAt ??= event.at - event.durationMs;
    step.outcome = event.outcome;
    step.durationMs = event.durationMs;
    step.commands = event.commands.map((command) => this.#budget.command(command, failed));
    step.notes = event.notes;
    step.artifacts = this.#links.files(event.artifacts);
    step.disks = (event.disks ?? []).map(withPlaces);
    if (event.failure !== undefined) step.failure = this.#links.failure(event.failure);
    if (event.skipReason !== undefined) step.skipReason = event.skipReason;
  }

  #end(event: EventOf<'scenario:end'>): void {
    const scenario = this.#current.get(event.scenario.id);
    if (scenario === undefined) return;
    scenario.outcome = event.outcome;
    scenario.durationMs = event.durationMs;
    scenario.artifacts = this.#links.files(event.artifacts);
    if (event.origin !== undefined) scenario.origin = event.origin;
    if (event.failure !== undefined) scenario.failure = this.#links.failure(event.failure);
  }
}

function emptyStep({ index, title, kind, at }: StepRef): ReportStep {
  return {
    index,
    title,
    kind,
    at: `${at.file}:${String(at.line)}:${String(at.column)}`,
    durationMs: 0,
    outcome: 'not reached',
    commands: [],
    notes: [],
    artifacts: [],
    disks: [],
  };
}

const MD_VERSIONS: readonly MdVersion[] = ['0.90', '1.0', '1.1', '1.2'];
const SECTOR = 512;

/**
 * A disk together with the places of the structures that a removal has to reach. LVM: the
 * label lies in one of the first four sectors (pvcreate(8)). GPT: header in sector 1, 32
 * sectors of entries behind it, a copy of both at the end (UEFI specification, 5.3).
 */
export function withPlaces(map: DiskMap): ReportDisk {
  const { sizeBytes } = map;
  const md = MD_VERSIONS.map((version) => ({
    offset: mdPlace(version, sizeBytes),
    length: 4096,
    name: `md ${version}`,
  }));
  const places = [
    ...md,
    { offset: 0, length: 4 * SECTOR, name: 'LVM label' },
    { offset: SECTOR, length: 33 * SECTOR, name: 'GPT' },
    { offset: sizeBytes - 33 * SECTOR, length: 33 * SECTOR, name: 'GPT, copy' },
  ];
  const there = places.filter(({ offset }) => offset >= 0 && offset < sizeBytes);
  return { ...map, places: there.sort((a, b) => a.offset - b.offset) };
}
