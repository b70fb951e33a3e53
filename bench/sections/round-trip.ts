import { join } from 'node:path';
import { $ } from 'zx';
import type { ChannelName } from '../../driver/language/step-base.js';
import { BootImageVM } from '../../driver/machine/boot-image-vm.js';
import { askShell, resumeBare, startBare, stopBare } from '../bare-qemu.js';
import { machine, type Bench } from '../host.js';
import { sampleOf, seconds, type Sample } from '../measure.js';
import type { SectionResult } from '../result.js';

/** What a command of the shell channel gets: a shell of its own, and its outputs in files. */
const LIKE_THE_CHANNEL = '( : ) >/run/bench.o 2>/run/bench.e </dev/null';

/** Commands per channel. */
const COUNT = 200;

/** One command there and back, per channel, against what people use otherwise. */
export async function roundTrips(bench: Bench): Promise<SectionResult> {
  const { host, directory } = bench;
  $.quiet = true;
  // A pipe of Node's is a socket: the outermost bash would read the user's ~/.bashrc.
  $.env = { ...process.env, SHLVL: '1' };
  const vm = await BootImageVM.boot(host, {
    name: 'trips',
    image: await bench.image('debian'),
    machine: machine(256),
  });
  await vm.settle();
  const state = await vm.save();
  const port = String(await vm.sshPort());
  const options = [
    ...['-i', host.keys.clientKeyFile, '-p', port, '-o', 'StrictHostKeyChecking=no'],
    ...['-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR', '-o', 'BatchMode=yes'],
  ];
  const held = ['-o', 'ControlMaster=auto', '-o', `ControlPath=${join(directory, 'mux')}`];
  const heldOptions = [...options, ...held, '-o', 'ControlPersist=60'];
  const times = async (count: number, work: () => Promise<unknown>): Promise<Sample> => {
    const values: number[] = [];
    await work();
    for (let index = 0; index < count; index++) values.push(await seconds(work));
    return sampleOf(values);
  };
  const over = (channel: ChannelName) => async () =>
    await vm.run(':', { timeoutMs: 60_000, channel });
  const shell = await times(COUNT, over('shell'));
  const ssh = await times(COUNT, over('ssh'));
  const console = await times(COUNT / 10, over('console'));
  const fresh = await times(COUNT / 10, () => $`ssh ${options} root@127.0.0.1 :`);
  const openSsh = await times(COUNT, () => $`ssh ${heldOptions} root@127.0.0.1 :`);
  await $`ssh ${heldOptions} -O exit root@127.0.0.1`.nothrow();
  await vm.close();

  const again = await BootImageVM.restore(host, 'raw', state, true);
  const [executable = '', ...words] = bench.argv.get('raw') ?? [];
  const kept = await again.save();
  await again.close();
  const qemu = await startBare(executable, words, directory, kept.ram?.file);
  await resumeBare(qemu);
  let count = 0;
  const raw = await times(COUNT, () => askShell(qemu.shell, LIKE_THE_CHANNEL, ++count));
  const builtin = await times(COUNT, () => askShell(qemu.shell, ':', ++count));
  await stopBare(qemu);
  return {
    name: 'command round trip',
    samples: {
      'shell channel': shell,
      'raw virtio-serial socket, the same work': raw,
      'raw virtio-serial socket, a builtin': builtin,
      'ssh channel (one held connection)': ssh,
      'OpenSSH, held connection': openSsh,
      'OpenSSH, fresh': fresh,
      'console channel': console,
    },
    figures: {
      'shell channel against the raw socket': shell.median / raw.median,
      'shell channel against a fresh ssh': shell.median / fresh.median,
    },
    goals: [],
  };
}
