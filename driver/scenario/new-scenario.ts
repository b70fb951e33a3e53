import { basename } from 'node:path';
import { scenarioError } from '../errors.js';

/**
 * The text of a scenario to start from: every part that most need, with a comment. It is
 * valid as it stands, and passes on any image with systemd.
 * @param name words for the headline are made from it: `installs-grub`, or a path
 * @param schema path of the JSON Schema as an editor finds it from the file
 * @throws TapbootError `scenario` TAPBOOT_E_NEW_NAME for a name that no scenario can have
 */
export function newScenario(name: string, schema: string): string {
  const id = basename(name).replace(/\.ya?ml$/, '');
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(id)) {
    throw scenarioError('TAPBOOT_E_NEW_NAME', `'${id}' cannot be the name of a scenario`, {
      expected: 'letters, digits, and - . _ between them',
      got: id,
      hint: 'Describe what must hold in a few words: installs-grub, keeps-the-clock.',
    });
  }
  const words = id.replace(/[-_.]+/g, ' ').trim();
  const headline = words.charAt(0).toUpperCase() + words.slice(1);
  return `# yaml-language-server: $schema=${schema}
version: 1

# One line: what must hold. Reports show it.
name: ${JSON.stringify(headline)}
description: |
  Why it matters, for whoever sees it fail.

# A run can choose by them: tapboot run --tag vm
tags: [vm, slow]

# boot: the verdict is about the boot, so it wants one made in this run. Other scenarios may
# start from a state that was saved after an earlier boot.
subject: boot

# What the scenario needs of its machine.
machine: { memory: 512M, disks: { vda: 1G } }

# Values to change without editing: tapboot run --var limit=300s
variables:
  limit: 120s

# One after the other; after a failure the rest is skipped, except steps with always: true.
# All kinds: tapboot explain. One of them: tapboot explain run
steps:
  - name: the system has come up
    wait: { unit: multi-user.target, state: active, timeout: '\${limit}' }

  - name: the disk is there
    run: lsblk --noheadings --output NAME,SIZE /dev/vda
    expect: { exit: 0, stdout: { contains: vda } }

  - name: root is root
    run: id -un
    expect: { stdout: { equals: root } }
`;
}
