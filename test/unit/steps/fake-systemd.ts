/** A guest whose systemd is a script: one unit, and what `systemctl` says of it, in a file. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LocalMachine } from './local-machine.js';

/**
 * A systemctl of one unit, whose properties lie in a file. `start` and `restart` run a hook
 * that changes them.
 */
const SYSTEMCTL = (directory: string): string => `#!/bin/sh
cd ${directory}
printf '%s\\n' "$*" >>systemctl.log
case $1 in
  show)
    for last; do :; done
    if [ -e "$last" ]; then
      case "$*" in *--value*) sed -n 's/^InvocationID=//p' "$last" ;; *) cat "$last" ;; esac
    else echo LoadState=not-found; echo ActiveState=inactive; fi ;;
  start|restart) [ ! -e hook ] || . ./hook ;;
  unset-environment) [ ! -e stuck ] ;;
  status) echo "status of the unit" ;;
  list-units) echo 'demo.service loaded'; echo 'other.service loaded' ;;
esac
`;

export interface FakeSystemd {
  vm: LocalMachine;
  set(properties: Record<string, string>): Promise<void>;
  /** Shell text that `systemctl start` runs; `set K=V …` changes the unit. */
  hook(text: string): Promise<void>;
  log(): Promise<string>;
}

/** Loaded, and has not run. */
export const BEFORE_RUN = {
  LoadState: 'loaded',
  ActiveState: 'inactive',
  SubState: 'dead',
  Result: 'success',
  InvocationID: '',
  InactiveEnterTimestampMonotonic: '0',
  ExecMainExitTimestampMonotonic: '0',
};
/** Has run once, as `aaaa`, and ended. */
export const ENDED = {
  ...BEFORE_RUN,
  InvocationID: 'aaaa',
  InactiveEnterTimestampMonotonic: '5000000',
  ExecMainExitTimestampMonotonic: '5000000',
};

/** Makes such a guest; removed at the end of the test. */
export async function fakeSystemd(
  test: { teardown(fn: () => Promise<void>): unknown },
  shell: 'bash' | 'dash',
): Promise<FakeSystemd> {
  const vm = await LocalMachine.create('vm', shell);
  test.teardown(() => vm[Symbol.asyncDispose]());
  const unit = path.join(vm.directory, 'demo.service');
  await vm.program('systemctl', SYSTEMCTL(vm.directory));
  await vm.program('systemd-run', '#!/bin/sh\n');
  await vm.program('journalctl', '#!/bin/sh\necho "journal of the unit"\n');
  const write = (properties: Record<string, string>): string =>
    Object.entries(properties)
      .map(([key, value]) => `${key}=${value}\n`)
      .join('');
  const set = async (properties: Record<string, string>): Promise<void> => {
    // In one go, as systemd answers: a reader never sees half of it.
    await writeFile(`${unit}.new`, write(properties));
    await rename(`${unit}.new`, unit);
  };
  return {
    vm,
    set,
    hook: (text) => writeFile(path.join(vm.directory, 'hook'), text),
    log: () => readFile(path.join(vm.directory, 'systemctl.log'), 'utf8'),
  };
}
