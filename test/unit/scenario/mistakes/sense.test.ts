import t from 'tap';
import { tellsEach, type Mistake } from './told.js';

/** Mistakes about what makes no sense together, and exactly what the author is told. */
const mistakes: Mistake[] = [
  {
    what: 'a file to copy that is not there',
    files: { 'it.yaml': ['name: It', 'steps:', '  - copy: { in: { host: gone.txt, guest: /x } }'] },
    told: [
      'it.yaml:3:25: the file to copy is missing [TAPBOOT_E_COPY_SOURCE]',
      '  2 | steps:',
      '> 3 |   - copy: { in: { host: gone.txt, guest: /x } }',
      '    |                         ^^^^^^^^',
      '  4 |',
      '  expected: a file or directory at gone.txt',
      '  got:      nothing there',
      '  next:     relative paths start at the directory of the scenario file',
    ],
  },
  {
    what: 'a copy that would leave the artifacts',
    files: { 'it.yaml': ['name: It', 'steps:', '  - copy: { out: { guest: /x, host: ../x } }'] },
    told: [
      'it.yaml:3:37: the target is outside the artifacts [TAPBOOT_E_COPY_TARGET]',
      '  2 | steps:',
      '> 3 |   - copy: { out: { guest: /x, host: ../x } }',
      '    |                                     ^^^^',
      '  4 |',
      '  expected: a relative path below the run’s artifacts',
      "  got:      '../x'",
    ],
  },
  {
    what: 'a key that no keyboard has',
    files: { 'it.yaml': ['name: It', 'steps:', "  - console: { send: 'root\\q' }"] },
    told: [
      "it.yaml:3:22: '\\q' is not a key [TAPBOOT_E_CONSOLE_KEYS]",
      '  2 | steps:',
      "> 3 |   - console: { send: 'root\\q' }",
      '    |                      ^^^^^^^^',
      '  4 |',
      '  expected: \\r \\n \\t \\e \\\\ \\xHH, ^A to ^Z, ^[ ^\\ ^] ^_ ^? or ^^ for a caret',
      "  got:      '\\q'",
    ],
  },
  {
    what: 'a disk that the machine lacks',
    files: { 'it.yaml': ['name: It', 'steps:', '  - disks: { vdb: clean }'] },
    told: [
      'it.yaml:3:14: the machine has no disk vdb [TAPBOOT_E_DISK_UNKNOWN]',
      '  2 | steps:',
      '> 3 |   - disks: { vdb: clean }',
      '    |              ^^^',
      '  4 |',
      '  expected: vda',
      '  got:      vdb',
      "  next:     did you mean 'vda'?",
    ],
  },
  {
    what: 'a boot from a disk that the machine lacks',
    files: { 'it.yaml': ['name: It', 'steps:', '  - reboot: { from: vdb }'] },
    told: [
      'it.yaml:3:21: the machine has no disk vdb [TAPBOOT_E_DISK_UNKNOWN]',
      '  2 | steps:',
      '> 3 |   - reboot: { from: vdb }',
      '    |                     ^^^',
      '  4 |',
      '  expected: a disk of the machine',
      '  got:      vdb',
      "  next:     did you mean 'vda'?",
    ],
  },
  {
    what: 'a kind of finding that there is not',
    files: {
      'it.yaml': [
        'name: It',
        'steps:',
        '  - disks: { vda: { present: [{ kind: md-superblok }] } }',
      ],
    },
    told: [
      'it.yaml:3:39: steps[0].disks.vda.present[0].kind has a wrong value [TAPBOOT_E_SCENARIO_VALUE]',
      '  2 | steps:',
      '> 3 |   - disks: { vda: { present: [{ kind: md-superblok }] } }',
      '    |                                       ^^^^^^^^^^^^',
      '  4 |',
      '  expected: md-superblock, md-bitmap, md-ppl, raid-other, lvm-label, lvm-area, lvm-metadata, filesystem, filesystem-backup, partition-table, boot-code, swap, crypto or storage-other',
      "  got:      'md-superblok'",
      "  next:     did you mean 'md-superblock'?",
    ],
  },
  {
    what: 'SSH without a network',
    files: { 'it.yaml': ['name: It', 'machine: { network: none }', 'steps: [{ ssh: id }]'] },
    told: [
      'it.yaml:3:9: the machine has no network card [TAPBOOT_E_NO_NETWORK]',
      '  2 | machine: { network: none }',
      '> 3 | steps: [{ ssh: id }]',
      '    |         ^^^^^^^^^^^^',
      '  4 |',
      '  expected: network: isolated or internet',
      '  got:      network: none',
    ],
  },
  {
    what: 'a picture without a display',
    files: { 'it.yaml': ['name: It', 'steps: [{ screenshot: boot }]'] },
    told: [
      'it.yaml:2:9: the machine has no display to take a picture of [TAPBOOT_E_NO_DISPLAY]',
      '  1 | name: It',
      '> 2 | steps: [{ screenshot: boot }]',
      '    |         ^^^^^^^^^^^^^^^^^^^^^',
      '  3 |',
      '  expected: machine: { display: true }',
      '  got:      no display',
    ],
  },
  {
    what: 'work for a machine that is off',
    files: { 'it.yaml': ['name: It', 'steps:', '  - power: off', '  - run: id'] },
    told: [
      "it.yaml:4:5: the machine is off by then: 'run: id' cannot run [TAPBOOT_E_POWERED_OFF]",
      '  3 |   - power: off',
      '> 4 |   - run: id',
      '    |     ^^^^^^^',
      '  5 |',
      '  expected: disks, reboot or nothing while the machine is off',
      '  got:      run',
      '  next:     put `- reboot: true` before it, or move it before the power step in line 3',
    ],
  },
  {
    what: 'a machine that is off, switched off',
    files: {
      'it.yaml': [
        ...['name: It', 'steps:', '  - power: cut', '  - reboot: true', '  - run: id'],
        ...['  - power: off', '  - disks: { vda: clean }', '  - power: off'],
      ],
    },
    told: [
      "it.yaml:8:5: the machine is off by then: 'power: off' cannot run [TAPBOOT_E_POWERED_OFF]",
      '  7 |   - disks: { vda: clean }',
      '> 8 |   - power: off',
      '    |     ^^^^^^^^^^',
      '  9 |',
      '  expected: disks, reboot or nothing while the machine is off',
      '  got:      power',
      '  next:     put `- reboot: true` before it, or move it before the power step in line 6',
    ],
  },
  {
    what: 'work for a machine that was off at the checkpoint it comes from',
    files: {
      'a.yaml': ['name: A', 'steps:', '  - power: off', '    checkpoint: off'],
      'b.yaml': [
        ...['name: B', 'from: a#off', 'steps:', '  - disks: { vda: clean }'],
        ...['    checkpoint: seen', '  - reboot: true', '  - run: id'],
      ],
      'c.yaml': ['name: C', 'from: b#seen', 'steps: [{ run: id }]'],
    },
    told: [
      "c.yaml:3:9: the machine is off by then: 'run: id' cannot run [TAPBOOT_E_POWERED_OFF]",
      '  2 | from: b#seen',
      '> 3 | steps: [{ run: id }]',
      '    |         ^^^^^^^^^^^^',
      '  4 |',
      '  expected: disks, reboot or nothing while the machine is off',
      '  got:      run',
      '  next:     put `- reboot: true` before it, or move it before the power step in line 3 of a.yaml',
    ],
  },
  {
    what: 'one name for two checkpoints',
    files: {
      'it.yaml': [
        'name: It',
        'steps:',
        '  - run: id',
        '    checkpoint: here',
        '  - checkpoint: here',
      ],
    },
    told: [
      "it.yaml:5:5: the checkpoint 'here' is saved twice [TAPBOOT_E_CHECKPOINT_TWICE]",
      '  4 |     checkpoint: here',
      '> 5 |   - checkpoint: here',
      '    |     ^^^^^^^^^^^^^^^^',
      '  6 |',
      '  expected: a unique name for each checkpoint',
      '  got:      the same name as in line 3',
    ],
  },
  {
    what: 'subject: boot with a checkpoint',
    files: { 'it.yaml': ['name: It', 'subject: boot', 'from: other#here', 'steps: [{ run: id }]'] },
    told: [
      "it.yaml:3:1: 'from' cannot stand with 'subject: boot' [TAPBOOT_E_SCENARIO_CONFLICT]",
      '  2 | subject: boot',
      '> 3 | from: other#here',
      '    | ^^^^',
      '  4 | steps: [{ run: id }]',
      '  expected: the machine must be booted in this run, not started from a checkpoint',
      '  got:      both',
    ],
  },
  {
    what: 'another version of the language',
    files: { 'it.yaml': ['version: 2', 'name: It', 'flavour: new', 'steps: [{ run: id }]'] },
    told: [
      'it.yaml:1:10: the file is of another version of the scenario language [TAPBOOT_E_SCENARIO_VERSION]',
      '> 1 | version: 2',
      '    |          ^',
      '  2 | name: It',
      '  expected: version 1',
      '  got:      the number 2',
      '  next:     this tapboot reads version 1: update tapboot, or write version: 1',
    ],
  },
];

await tellsEach(t, mistakes);
