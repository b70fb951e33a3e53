import type { LedgerLine } from './ledger/ledger-schema.js';
import type { Metadata } from './metadata-schema.js';

/** What a ledger line takes from outside metadata.json. */
export interface LineContext {
  /** Path of metadata.json as the record has it. */
  metadataPath: string;
  timestamp: Date;
  /** Outcome of a run that has none of its own: killed before its end. */
  fallbackOutcome?: LedgerLine['outcome'];
}

/** The ledger's line of a run, out of its metadata. Unknown parts are left out. */
export function ledgerLine(metadata: Metadata, context: LineContext): LedgerLine {
  const { qemu, ssh } = metadata;
  return {
    run_id: metadata.run_id,
    timestamp: context.timestamp.toISOString(),
    metadata: context.metadataPath,
    harness_log: metadata.logs.harness,
    serial_log: metadata.logs.serial,
    ssh: ssh === undefined ? undefined : { host: ssh.host, port: ssh.port },
    qemu: qemu === undefined ? undefined : { command: qemu.command, version: qemu.version },
    // The first word is the program.
    driver_args: metadata.command.slice(1),
    timeouts: metadata.timeouts,
    outcome: metadata.outcome ?? context.fallbackOutcome ?? 'error',
    interrupted: metadata.interrupted === undefined ? undefined : true,
    scenarios: metadata.scenarios,
    start: metadata.origin?.kind,
    timings: metadata.timings,
    session_ceiling_exceeded: metadata.session_ceiling_exceeded,
    diagnostics: allDiagnostics(metadata),
  };
}

function allDiagnostics({ vms, diagnostics }: Metadata): LedgerLine['diagnostics'] {
  const [first, ...others] = vms;
  return [
    ...(first?.diagnostics ?? diagnostics).artifacts,
    ...others.flatMap((vm) => vm.diagnostics.artifacts),
  ];
}
