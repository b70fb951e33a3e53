import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Copied } from '../../machine/copy.js';
import { scenarioError } from '../../errors.js';
import { withGrace, type StepRunner } from '../step-runner.js';

/** `copy`: a file into the guest, or out of it to the run's artifacts. */
export const runner: StepRunner<'copy'> = {
  needs: () => 'on',
  hostSide: false,
  awaits: ({ transfer }) =>
    transfer.direction === 'in'
      ? `the copy of ${transfer.host} to the guest's ${transfer.guest}`
      : `the copy of the guest's ${transfer.guest}`,
  ceilingMs: withGrace,
  run: async ({ transfer }, context) => {
    const limits = { timeoutMs: context.remainingMs(), signal: context.signal };
    if (transfer.direction === 'in') {
      await mustExist(transfer.host);
      const { host, guest, mode } = transfer;
      context.note(whole(await context.vm.copyIn({ host, guest, mode, ...limits })));
      return;
    }
    const target = artifactPath(context.artifactsDirectory, transfer.artifact);
    await mkdir(path.dirname(target), { recursive: true });
    const { guest } = transfer;
    context.note(whole(await context.vm.copyOut({ guest, host: target, ...limits })));
    context.addArtifact({ label: transfer.artifact, path: target });
  },
};

const whole = ({ bytes, digestBy }: Copied): string =>
  `${String(bytes)} bytes copied; compared: ${digestBy === undefined ? 'their number alone' : `size and digest (${digestBy})`}`;

async function mustExist(file: string): Promise<void> {
  try {
    await stat(file);
  } catch (error) {
    throw scenarioError('TAPBOOT_E_COPY_SOURCE', `the file to copy does not exist: ${file}`, {
      expected: 'a file on the host; relative paths start at the directory of the scenario file',
      got: error instanceof Error ? error.message : String(error),
      cause: error,
    });
  }
}

/** @throws TapbootError `scenario` for a name that would lead out of the directory */
function artifactPath(directory: string, name: string): string {
  const target = path.resolve(directory, name);
  const inside = path.relative(directory, target);
  if (inside !== '' && !path.isAbsolute(inside) && inside.split(path.sep)[0] !== '..')
    return target;
  throw scenarioError(
    'TAPBOOT_E_ARTIFACT_OUTSIDE',
    `the target is outside the run's artifacts: ${name}`,
    { expected: 'a relative path that stays below the artifacts', got: name },
  );
}
