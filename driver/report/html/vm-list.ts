import type { RunEvent } from '../../events/events.js';
import type { Links } from './links.js';
import type { ReportEvidence, ReportVm } from './report-data.js';

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
