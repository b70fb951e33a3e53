import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { hasCode, recordWriteError } from '../host/atomic-file.js';
import { safeName } from '../safe-name.js';

/** What a run directory is called: UTC time, `-vm-run`, and a number when one second saw several. */
export const RUN_DIRECTORY_NAME = /^(\d{4}-\d{2}-\d{2}T\d{6}Z)-vm-run(?:-(\d+))?$/;

/** Where one VM's evidence goes; absolute paths. */
export interface VmPlaces {
  serialLog: string;
  diagnostics: string;
  /** What its scenario keeps: copies, pictures, a capsule. Made by who writes there. */
  artifacts: string;
}

/** The places in a run directory; absolute paths, all made. */
export interface RunDirectory {
  /** Last part of the path. */
  name: string;
  path: string;
  logs: string;
  harnessLog: string;
  /** The first VM's console. */
  serialLog: string;
  metadata: string;
  /** All events of the run, one JSON object a line. */
  events: string;
  /** The first VM's diagnostics. */
  diagnostics: string;
  /**
   * Places of one VM. The first VM asked for has those of the run itself; any other has
   * `logs/vms/<safe name>/`. From the second on, the first is found there too, by links, so
   * that `logs/vms/` always holds all of several. The same name, the same places.
   */
  vm(name: string): VmPlaces;
}

/** `2025-12-23T023032Z` */
export function compactTime(now: Date): string {
  return `${now.toISOString().slice(0, 19).replaceAll(':', '')}Z`;
}

/**
 * Makes a run directory that is this run's alone: the name is taken by mkdir, which only
 * one of several can win.
 * @param root made when missing
 * @throws TapbootError `infra` TAPBOOT_E_RECORD_WRITE
 */
export function createRunDirectory(root: string, now: Date): RunDirectory {
  const base = `${compactTime(now)}-vm-run`;
  try {
    mkdirSync(root, { recursive: true });
    for (let number = 1; ; number++) {
      const name = number === 1 ? base : `${base}-${String(number)}`;
      try {
        mkdirSync(path.join(root, name));
      } catch (error) {
        if (hasCode(error, 'EEXIST')) continue;
        throw error;
      }
      return furnish(path.join(root, name));
    }
  } catch (cause) {
    throw recordWriteError(root, cause);
  }
}

function furnish(directory: string): RunDirectory {
  const logs = path.join(directory, 'logs');
  const places = {
    name: path.basename(directory),
    path: directory,
    logs,
    harnessLog: path.join(logs, 'harness.log'),
    serialLog: path.join(logs, 'serial.log'),
    metadata: path.join(logs, 'metadata.json'),
    events: path.join(logs, 'events.jsonl'),
    diagnostics: path.join(logs, 'diagnostics'),
  };
  mkdirSync(places.diagnostics, { recursive: true });
  // Both logs are there from the start: a path in the record always leads to a file.
  for (const file of [places.harnessLog, places.serialLog]) writeFileSync(file, '', { flag: 'a' });
  const known = new Map<string, VmPlaces>();
  return {
    ...places,
    vm(name) {
      const present = known.get(name);
      if (present !== undefined) return present;
      const [first] = known.keys();
      const { serialLog, diagnostics } =
        first === undefined ? places : furnishVm(logs, safeName(name), safeName(first));
      const artifacts = path.join(directory, 'artifacts', safeName(name));
      const vm = { serialLog, diagnostics, artifacts };
      known.set(name, vm);
      return vm;
    },
  };
}

function furnishVm(
  logs: string,
  folder: string,
  first: string,
): Pick<VmPlaces, 'serialLog' | 'diagnostics'> {
  const vms = path.join(logs, 'vms');
  try {
    const linked = path.join(vms, first);
    mkdirSync(vms, { recursive: true });
    try {
      mkdirSync(linked);
      symlinkSync('../../serial.log', path.join(linked, 'serial.log'));
      symlinkSync('../../diagnostics', path.join(linked, 'diagnostics'));
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
    const places = {
      serialLog: path.join(vms, folder, 'serial.log'),
      diagnostics: path.join(vms, folder, 'diagnostics'),
    };
    // No two VMs share a folder: that one is there already would be a defect.
    mkdirSync(path.join(vms, folder));
    mkdirSync(places.diagnostics);
    writeFileSync(places.serialLog, '', { flag: 'wx' });
    return places;
  } catch (cause) {
    throw recordWriteError(vms, cause);
  }
}
