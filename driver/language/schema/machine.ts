import { z } from 'zod';
import { choice, cpu, explained, integer, size } from './leaves.js';
import type { RuleParams } from './rules.js';

const NAME = 'a disk name, vda to vdz';

/** `vdb` asks for `vda` and so on: disks are attached in order, without gaps. */
const neighbours = Object.fromEntries(
  Array.from('bcdefghijklmnopqrstuvwxyz', (letter) => [
    `vd${letter}`,
    [`vd${String.fromCharCode(letter.charCodeAt(0) - 1)}`],
  ]),
);

const disks = z
  .record(z.string().regex(/^vd[a-z]$/, NAME), size)
  .superRefine((value, context) => {
    for (const name of Object.keys(value)) {
      const missing = neighbours[name]?.find((before) => !(before in value));
      if (missing === undefined) continue;
      const params: RuleParams = { rule: 'gap', missing, before: name };
      context.addIssue({ code: 'custom', path: [name], params });
    }
  })
  .meta({ dependentRequired: neighbours });

/** `machine`: what the scenario needs. */
export const machine = z.strictObject({
  memory: explained(
    size,
    'Memory, a whole number of MiB. Default 512M; 2G for other images than the embedded one.',
    '512M',
    '2G',
  ).optional(),
  cpus: explained(
    integer(1, 64),
    'Number of virtual CPUs. Default 1; 2 for other images than the embedded one, where the host has as many cores.',
    2,
  ).optional(),
  disks: explained(
    disks,
    'Blank virtio disks by name, vda first and without gaps. Default { vda: 4G }; {} for none.',
    { vda: '4G', vdb: '1.5G', vdc: '1.5G' },
  ).optional(),
  network: explained(
    choice(['isolated', 'internet', 'none']),
    'isolated (default): only the driver’s SSH forward; internet: outgoing connections, too; none: no network card.',
    'isolated',
  ).optional(),
  firmware: explained(
    choice(['bios', 'uefi']),
    'Firmware that the scenario needs. Default: the firmware path of the image SPEC.',
    'uefi',
  ).optional(),
  display: explained(
    z.boolean('true or false'),
    'true: a VGA card, for screenshot steps and screenshots at failures. Default false.',
    true,
  ).optional(),
  cpu: explained(
    cpu,
    'CPU model under TCG as QEMU names it, and features to add or remove. Default: a model that is fast to emulate. Ignored, and reported, under KVM.',
    'max',
    'Nehalem,+avx2',
  ).optional(),
  plug: explained(
    choice(['at-boot', 'after-boot']),
    'When the disks but the first are there. at-boot (default): from power-on. after-boot: plugged in once no systemd job is pending; the boot is then shared with scenarios that differ in these disks alone.',
    'after-boot',
  ).optional(),
});

export type WrittenMachine = z.infer<typeof machine>;
