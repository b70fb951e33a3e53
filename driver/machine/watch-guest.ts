import type { ConsoleTranscript } from '../channel/console/transcript.js';
import type { RunningMachine } from './qemu/running-machine.js';
import type { Scope } from '../scope.js';
import { Watchdog } from './watchdog/watchdog.js';
import type { VmHost } from './vm-host.js';

/**
 * Watches over a guest: its console, QEMU's events, and QEMU's end.
 * @param scope with whose end the watching of events ends
 */
export function watchGuest(
  guest: {
    age: () => number;
    running: RunningMachine;
    transcript: ConsoleTranscript;
  },
  host: VmHost,
  scope: Scope,
): Watchdog {
  const { age, running, transcript } = guest;
  const watchdog = new Watchdog({
    transcript,
    guestAge: age,
    bootSilenceMs: host.timeouts.spawnMs,
    background: host.background === true,
    onFinding: ({ severity, message, line }) => {
      host.log(`console shows (${severity}): ${message}: ${line.trim()}`);
    },
  });
  scope.defer(
    running.qmp.onEvent((event) => {
      host.log(`qmp event ${event.name} ${JSON.stringify(event.data)}`);
      watchdog.onQmpEvent(event.name, event.data);
    }),
  );
  void running.process.exited.then((exit) => {
    watchdog.onProcessExit(exit);
  });
  return watchdog;
}
