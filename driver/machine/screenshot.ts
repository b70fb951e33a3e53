import { readFile, rm } from 'node:fs/promises';
import { asTapbootError, infraError, scenarioError } from '../errors.js';
import type { RunningMachine } from './qemu/running-machine.js';
import { DISPLAY } from './qemu/arguments.js';
import type { Machine } from '../language/machine-shape.js';

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * Writes what the machine's display shows as a PNG (QMP `screendump`, with `format` since
 * QEMU 7.1). Also of a machine that is paused, e.g. by a panic.
 * @throws TapbootError `scenario` TAPBOOT_E_NO_DISPLAY when the machine has none; `infra`
 *   TAPBOOT_E_SCREENSHOT when QEMU gives no picture
 */
export async function takeScreenshot(
  running: RunningMachine,
  machine: Machine,
  file: string,
): Promise<void> {
  if (machine.display !== true) {
    throw scenarioError('TAPBOOT_E_NO_DISPLAY', 'the machine has no display', {
      expected: 'machine: { display: true }',
      got: 'only the serial console',
      hint: 'Give the machine a display, or look at the recording of its console.',
    });
  }
  try {
    await running.qmp.execute('screendump', { filename: file, device: DISPLAY, format: 'png' });
    const head = (await readFile(file)).subarray(0, PNG_SIGNATURE.length);
    if (!head.equals(PNG_SIGNATURE)) throw new Error('QEMU wrote a file that is no PNG');
  } catch (cause) {
    await rm(file, { force: true });
    throw infraError('TAPBOOT_E_SCREENSHOT', 'QEMU gave no picture of the display', {
      expected: 'a PNG (QEMU 7.1 or later, built with libpng)',
      got: asTapbootError(cause).message,
      cause,
    });
  }
}
