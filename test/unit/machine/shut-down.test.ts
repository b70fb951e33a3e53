import t from 'tap';
import type { Guest } from '../../../driver/machine/guest.js';
import { shutDown } from '../../../driver/machine/shut-down.js';

const never = new Promise<never>(() => undefined);

/** A guest that goes on whatever it is told, and answers so. */
const stubborn = (run: () => Promise<unknown>): Guest =>
  ({
    channel: () => Promise.resolve({ run }),
    watchdog: { expected: () => undefined, settle: () => Promise.resolve(undefined) },
    running: { process: { exited: never } },
    lost: never,
    transcript: { tail: () => '' },
  }) as unknown as Guest;

t.test('a guest that refuses to power off is quoted', async (t) => {
  const ended = (exitStatus: number) => () =>
    Promise.resolve({ exitStatus, stderr: 'Operation inhibited by x\n', timedOut: false });
  const answers: [() => Promise<unknown>, string][] = [
    [ended(1), 'it still runs; the command ended with status 1: Operation inhibited by x'],
    [ended(0), 'it still runs'],
    [() => never, 'it still runs'],
    [() => Promise.reject(new Error('no such channel')), 'it still runs; no such channel'],
  ];
  for (const [run, got] of answers) {
    await t.rejects(shutDown(stubborn(run), 'poweroff', 20), {
      code: 'TAPBOOT_E_SHUTDOWN_TIMEOUT',
      details: { got },
    });
  }
});
