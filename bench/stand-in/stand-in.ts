// The incumbent's way of testing a boot image, as little as it takes: two boots of the ISO in QEMU
// with the incumbent's arguments, one command at a time over the serial console. Shares no code
// with tapboot: whatever tapboot gets wrong is not in here.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { StandInGuest } from './guest.js';
import { startStandIn } from './machine.js';
import { bootScenarios, residueScenario, type Subject } from './scenarios.js';

/** What one boot and its scenarios took. */
export interface PartCost {
  /** Wall seconds from the start of QEMU to its end. */
  seconds: number;
  /** CPU seconds of QEMU. */
  qemuSeconds: number;
  /** CPU seconds of the process that drives it; its `ssh` is left out. */
  driverSeconds: number;
  /** Seconds from the start of QEMU to a root shell. */
  loginSeconds: number;
  /** CPU seconds of QEMU until then. */
  loginCpuSeconds: number;
  /** What did not hold. */
  failures: string[];
}

/** Both boots: S1 to S3, then S4. */
export interface StandInCost {
  boot: PartCost;
  residue: PartCost;
}

const PRIMARY_MIB = 4096;
const EXTRA_MIB = 1536;

/**
 * Runs the seed's four scenarios on an ISO.
 * @param directory where one for disks and keys is made, and removed
 * @throws Error when the guest cannot be logged in to, or stops answering
 */
export async function runStandIn(iso: string, directory: string): Promise<StandInCost> {
  return {
    boot: await part(iso, directory, [PRIMARY_MIB], bootScenarios),
    residue: await part(iso, directory, [PRIMARY_MIB, EXTRA_MIB, EXTRA_MIB], residueScenario),
  };
}

async function part(
  iso: string,
  place: string,
  mebibytes: readonly number[],
  scenarios: (subject: Subject) => Promise<string[]>,
): Promise<PartCost> {
  const directory = join(place, 'stand-in');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const used = process.cpuUsage();
  const began = performance.now();
  const machine = await startStandIn(iso, directory, mebibytes);
  try {
    const { console, sshPort } = machine;
    const guest = await StandInGuest.login(console);
    const loginSeconds = (performance.now() - began) / 1000;
    const loginCpuSeconds = machine.cpuSeconds();
    const failures = await scenarios({ guest, console, sshPort, directory });
    const qemuSeconds = machine.cpuSeconds();
    await machine.stop();
    const seconds = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(used);
    return {
      seconds,
      qemuSeconds,
      driverSeconds: (user + system) / 1e6,
      loginSeconds,
      loginCpuSeconds,
      failures,
    };
  } finally {
    await machine.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}
