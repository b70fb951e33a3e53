import type { VmFacts } from '../events/vm-facts.js';
import type { Artifact, MachineOrigin, RunEvent } from '../events/events.js';
import type { Metadata, MetadataVm } from './metadata-schema.js';
import type { RunDirectory } from './run-directory.js';

interface Row extends VmFacts {
  command?: string[];
  version?: string;
  start?: number;
  end?: number;
  endReason?: string;
  scenarios: Set<string>;
  diagnostics: Artifact[];
}

/** Seconds as the record has them: 3 decimals; undefined stays undefined. */
export function roundSeconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.round(seconds * 1000) / 1000;
}

const isoTime = (at: number | undefined): string | undefined =>
  at === undefined ? undefined : new Date(at).toISOString();

/** How a VM came to be, as the record has it. */
function originRow(origin: MachineOrigin | undefined): MetadataVm['origin'] {
  if (origin === undefined) return undefined;
  const { kind, bootedAt } = origin;
  if (origin.kind === 'booted') return { kind, booted_at: bootedAt };
  return { kind, booted_at: bootedAt, state: origin.key, same_run: origin.sameRun };
}

/** Collects the VMs of a run in the order of their first mention. */
export class VmTable {
  readonly #rows = new Map<string, Row>();
  readonly #directory: RunDirectory;
  readonly #relative: (file: string) => string;
  /** Evidence from before any VM. */
  readonly #early: Artifact[] = [];

  constructor(directory: RunDirectory, relative: (file: string) => string) {
    this.#directory = directory;
    this.#relative = relative;
  }

  #row(name: string): Row {
    const present = this.#rows.get(name);
    if (present !== undefined) return present;
    // Places are given out in order of mention, so that both agree on the first VM.
    this.#directory.vm(name);
    const row: Row = { scenarios: new Set(), diagnostics: [] };
    this.#rows.set(name, row);
    return row;
  }

  set(name: string, facts: VmFacts): void {
    Object.assign(this.#row(name), facts);
  }

  addDiagnostic(artifact: Artifact, vm?: string): void {
    const [first] = this.#rows.keys();
    const name = vm ?? first;
    const list = name === undefined ? this.#early : this.#row(name).diagnostics;
    if (!list.some(({ path }) => path === artifact.path)) list.push(artifact);
  }

  take(event: RunEvent): void {
    if (event.type === 'vm:start') {
      const row = this.#row(event.vm);
      // A VM started again under its name (reboot from disk) keeps its first start.
      row.start ??= event.at;
      row.command = event.argv;
      row.version = event.version;
    } else if (event.type === 'vm:end') {
      const row = this.#row(event.vm);
      row.end = event.at;
      row.endReason = event.reason;
    } else if (event.type === 'scenario:machine') {
      this.#row(event.vm).scenarios.add(event.scenario.id);
    } else if (event.type === 'step:end' || event.type === 'scenario:end') {
      const vm = this.#vmOf(event.scenario.id);
      const kept = [...event.artifacts, ...(event.failure?.artifacts ?? [])];
      for (const artifact of kept) this.addDiagnostic(artifact, vm);
    }
  }

  /** The VM that the scenario used last. */
  #vmOf(scenario: string): string | undefined {
    return [...this.#rows].findLast(([, row]) => row.scenarios.has(scenario))?.[0];
  }

  #diagnostics(directory: string, artifacts: Artifact[]): Metadata['diagnostics'] {
    return {
      directory: this.#relative(directory),
      artifacts: artifacts.map(({ label, path }) => ({ label, path: this.#relative(path) })),
    };
  }

  /** Diagnostics of a run without any VM. */
  unassigned(): Metadata['diagnostics'] {
    return this.#diagnostics(this.#directory.diagnostics, this.#early);
  }

  rows(artifact: Metadata['artifact']): MetadataVm[] {
    return [...this.#rows].map(([name, row], index) => {
      const places = this.#directory.vm(name);
      const early = index === 0 ? this.#early : [];
      return {
        name,
        artifact,
        logs: {
          harness: this.#relative(this.#directory.harnessLog),
          serial: this.#relative(places.serialLog),
        },
        qemu:
          row.command === undefined
            ? undefined
            : {
                command: row.command,
                version: row.version ?? '',
                disk_image: row.diskImage,
                extra_disks: row.extraDisks ?? [],
                plugged_after_boot: row.pluggedAfterBoot,
              },
        ssh: row.ssh,
        boot_path: row.bootPath,
        kernel_command_line: row.kernel && { ...row.kernel },
        image: row.image && { ...row.image },
        origin: originRow(row.origin),
        diagnostics: this.#diagnostics(places.diagnostics, [...early, ...row.diagnostics]),
        timings: {
          start: isoTime(row.start),
          end: isoTime(row.end),
          boot_to_login_seconds: roundSeconds(row.bootToLoginSeconds),
          boot_to_ssh_seconds: roundSeconds(row.bootToSshSeconds),
          total_seconds: roundSeconds(
            row.start === undefined || row.end === undefined
              ? undefined
              : (row.end - row.start) / 1000,
          ),
        },
        end_reason: row.endReason,
        scenarios: [...row.scenarios],
      };
    });
  }
}
