import { readConfig } from '../config/config.js';
import { asTapbootError, describeError } from '../errors.js';
import type { HostCheck } from '../host/check.js';
import { hostChecks } from '../host/doctor.js';
import { locateTool } from '../host/find-tool.js';
import { hostPackages } from '../host/packages.js';
import { toolVersion } from '../host/tool-version.js';
import { chooseAccelerator } from '../machine/qemu/accelerator.js';
import { identifyQemu, cpuModel } from '../machine/qemu/version.js';
import type { Outside } from './outside.js';

/**
 * All that `tapboot doctor` shows.
 * @param probe boot a kernel under KVM now; without it, a remembered verdict is shown
 * @throws TapbootError when the installation or a variable is wrong; what the host lacks is a
 *   failed check
 */
export async function allChecks(outside: Outside, probe: boolean): Promise<HostCheck[]> {
  const config = readConfig(outside.environment, {}, outside.workingDirectory);
  const searchPath = outside.environment['PATH'] ?? '';
  const checks = await hostChecks({
    packages: await hostPackages(outside.projectRoot),
    searchPath,
    cacheDirectory: outside.cacheDirectory(),
    logRoot: config.logRoot,
  });
  return [...checks, await acceleratorCheck(outside, probe), await nixCheck(searchPath)];
}

async function acceleratorCheck(outside: Outside, probe: boolean): Promise<HostCheck> {
  const name = 'accelerator';
  try {
    const qemu = await identifyQemu();
    const choice = await chooseAccelerator({
      wanted: 'auto',
      qemu,
      kernel: probe ? () => probeKernel(outside) : undefined,
      cacheDirectory: outside.cacheDirectory(),
      log: () => undefined,
      forget: probe,
    });
    const { model, reason } = cpuModel(qemu, choice.name);
    const source = choice.remembered ? ' (remembered)' : '';
    const detail = `${choice.name}, -cpu ${model} (${reason}); ${choice.reasons.join('; ')}${source}`;
    if (choice.name === 'kvm') return { name, state: 'ok', detail };
    return {
      name,
      state: 'warning',
      detail,
      fix: 'Nothing to fix: TCG gives the same results, only slower. `tapboot doctor --probe` tests KVM again.',
    };
  } catch (error) {
    return { name, state: 'failed', detail: describeError(asTapbootError(error)) };
  }
}

/** The embedded image's kernel; built when it is not in the cache. */
async function probeKernel(outside: Outside): Promise<string | undefined> {
  const [{ obtainImage }, { DEFAULT_IMAGE }] = await Promise.all([
    import('./obtain-image.js'),
    import('../image/providers.js'),
  ]);
  const image = await obtainImage(DEFAULT_IMAGE, outside, new AbortController().signal);
  return image.medium.kind === 'direct' ? image.medium.kernel : undefined;
}

async function nixCheck(searchPath: string): Promise<HostCheck> {
  const nix = await locateTool('nix', searchPath);
  if (nix === undefined) {
    return {
      name: 'nix',
      state: 'ok',
      detail: 'not installed; only images of the nix provider need it',
    };
  }
  return { name: 'nix', state: 'ok', detail: (await toolVersion(nix)) ?? nix };
}
