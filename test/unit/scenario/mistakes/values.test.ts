import t from 'tap';
import { tellsEach, type Mistake } from './told.js';

/** Mistakes about values, and exactly what the author is told. */
const mistakes: Mistake[] = [
  {
    what: 'a duration without unit',
    files: { 'it.yaml': ['name: It', 'steps:', '  - run: id', '    timeout: 60'] },
    told: [
      'it.yaml:4:14: steps[0].timeout has a wrong value [TAPBOOT_E_SCENARIO_VALUE]',
      '  3 |   - run: id',
      '> 4 |     timeout: 60',
      '    |              ^^',
      '  5 |',
      '  expected: a duration such as 420s, 2m or 500ms',
      '  got:      the number 60',
    ],
  },
  {
    what: 'a duration of nothing',
    files: { 'it.yaml': ['name: It', 'steps:', '  - run: id', '    timeout: 0s'] },
    told: [
      'it.yaml:4:14: steps[0].timeout has a wrong value [TAPBOOT_E_SCENARIO_VALUE]',
      '  3 |   - run: id',
      '> 4 |     timeout: 0s',
      '    |              ^^',
      '  5 |',
      '  expected: a duration such as 420s, 2m or 500ms',
      "  got:      '0s'",
    ],
  },
  {
    what: 'a duration beyond all measure',
    files: { 'it.yaml': ['name: It', 'steps:', '  - run: id', '    timeout: 9999h'] },
    told: [
      "it.yaml:4:14: 'timeout' has a wrong value [TAPBOOT_E_SCENARIO_VALUE]",
      '  3 |   - run: id',
      '> 4 |     timeout: 9999h',
      '    |              ^^^^^',
      '  5 |',
      '  expected: a duration such as 420s, 2m or 500ms, at most 7 days',
      "  got:      '9999h'",
    ],
  },
  {
    what: '30 days, by a variable',
    files: {
      'it.yaml': [
        ...['name: It', 'variables: { limit: 720h }', "timeout: '${limit}'"],
        'steps: [{ run: id }]',
      ],
    },
    told: [
      "it.yaml:3:10: 'timeout' has a wrong value [TAPBOOT_E_SCENARIO_VALUE]",
      '  2 | variables: { limit: 720h }',
      "> 3 | timeout: '${limit}'",
      '    |          ^^^^^^^^^^',
      '  4 | steps: [{ run: id }]',
      '  expected: a duration such as 420s, 2m or 500ms, at most 7 days',
      "  got:      '720h'",
    ],
  },
  {
    what: 'a size beyond all measure',
    files: {
      'it.yaml': ['name: It', 'machine: { disks: { vda: 8192T } }', 'steps: [{ run: id }]'],
    },
    told: [
      "it.yaml:2:26: 'vda' has a wrong value [TAPBOOT_E_SCENARIO_VALUE]",
      '  1 | name: It',
      '> 2 | machine: { disks: { vda: 8192T } }',
      '    |                          ^^^^^',
      '  3 | steps: [{ run: id }]',
      '  expected: a size such as 512M, 1.5G or 64KiB, a whole number of bytes below 8192T',
      "  got:      '8192T'",
    ],
  },
  {
    what: 'a size in another unit',
    files: { 'it.yaml': ['name: It', 'machine: { memory: 512MB }', 'steps: [{ run: id }]'] },
    told: [
      'it.yaml:2:20: machine.memory has a wrong value [TAPBOOT_E_SCENARIO_VALUE]',
      '  1 | name: It',
      '> 2 | machine: { memory: 512MB }',
      '    |                    ^^^^^',
      '  3 | steps: [{ run: id }]',
      '  expected: a size such as 512M, 1.5G or 64KiB',
      "  got:      '512MB'",
    ],
  },
  {
    what: 'memory that is no whole number of MiB',
    files: { 'it.yaml': ['name: It', 'machine: { memory: 1.5K }', 'steps: [{ run: id }]'] },
    told: [
      "it.yaml:2:20: 'memory' has a wrong value [TAPBOOT_E_SCENARIO_VALUE]",
      '  1 | name: It',
      '> 2 | machine: { memory: 1.5K }',
      '    |                    ^^^^',
      '  3 | steps: [{ run: id }]',
      '  expected: a whole number of MiB',
      "  got:      '1.5K' (1536 bytes)",
    ],
  },
  {
    what: 'a gap between disks',
    files: {
      'it.yaml': ['name: It', 'machine: { disks: { vda: 4G, vdc: 1G } }', 'steps: [{ run: id }]'],
    },
    told: [
      'it.yaml:2:30: disk vdc without vdb [TAPBOOT_E_SCENARIO_CONFLICT]',
      '  1 | name: It',
      '> 2 | machine: { disks: { vda: 4G, vdc: 1G } }',
      '    |                              ^^^',
      '  3 | steps: [{ run: id }]',
      '  expected: disks from vda on, without gaps',
      '  got:      vdc',
    ],
  },
  {
    what: 'a disk of another name',
    files: { 'it.yaml': ['name: It', 'machine: { disks: { sda: 4G } }', 'steps: [{ run: id }]'] },
    told: [
      "it.yaml:2:21: the key 'sda' cannot stand here [TAPBOOT_E_SCENARIO_KEY]",
      '  1 | name: It',
      '> 2 | machine: { disks: { sda: 4G } }',
      '    |                     ^^^',
      '  3 | steps: [{ run: id }]',
      '  expected: a disk name, vda to vdz',
      "  got:      'sda'",
    ],
  },
  {
    what: 'a word that is none of those allowed',
    files: { 'it.yaml': ['name: It', 'steps:', '  - wait: { unit: a.service, ended: stopped }'] },
    told: [
      'it.yaml:3:37: steps[0].wait.ended has a wrong value [TAPBOOT_E_SCENARIO_VALUE]',
      '  2 | steps:',
      '> 3 |   - wait: { unit: a.service, ended: stopped }',
      '    |                                     ^^^^^^^',
      '  4 |',
      '  expected: inactive, failed or any',
      "  got:      'stopped'",
    ],
  },
  {
    what: 'an exit status that cannot be',
    files: { 'it.yaml': ['name: It', 'steps:', '  - run: id', '    expect: { exit: 256 }'] },
    told: [
      'it.yaml:4:21: steps[0].expect.exit has a wrong value [TAPBOOT_E_SCENARIO_VALUE]',
      '  3 |   - run: id',
      '> 4 |     expect: { exit: 256 }',
      '    |                     ^^^',
      '  5 |',
      '  expected: an exit status from 0 to 255, a list of them, nonzero or any',
      '  got:      the number 256',
    ],
  },
  {
    what: 'an expectation of nothing',
    files: { 'it.yaml': ['name: It', 'steps:', '  - run: id', '    expect: {}'] },
    told: [
      'it.yaml:4:13: steps[0].expect asks for nothing [TAPBOOT_E_SCENARIO_CONFLICT]',
      '  3 |   - run: id',
      '> 4 |     expect: {}',
      '    |             ^^',
      '  5 |',
      '  expected: at least one of exit, stdout, stderr',
      '  got:      an empty mapping',
    ],
  },
  {
    what: 'a broken regular expression',
    files: {
      'it.yaml': [
        'name: It',
        'steps:',
        '  - run: id',
        "    expect: { stdout: { matches: [root, '('] } }",
      ],
    },
    told: [
      'it.yaml:4:41: not a regular expression: unterminated group [TAPBOOT_E_PATTERN]',
      '  3 |   - run: id',
      "> 4 |     expect: { stdout: { matches: [root, '('] } }",
      '    |                                         ^^^',
      '  5 |',
      '  expected: an ECMAScript regular expression',
      "  got:      '('",
      '  next:     a backslash before a character takes it literally: \\( \\[ \\+',
    ],
  },
  {
    what: 'unknown flags of a regular expression',
    files: { 'it.yaml': ['name: It', 'steps:', "  - wait: { console: '/login/g' }"] },
    told: [
      "it.yaml:3:22: 'console' has a wrong value [TAPBOOT_E_SCENARIO_VALUE]",
      '  2 | steps:',
      "> 3 |   - wait: { console: '/login/g' }",
      '    |                      ^^^^^^^^^^',
      '  4 |',
      '  expected: flags out of i, m, s and u',
      "  got:      '/login/g'",
    ],
  },
  {
    what: 'a broken path into JSON',
    files: {
      'it.yaml': [
        'name: It',
        'steps:',
        '  - run: id',
        "    expect: { stdout: { json: { '$.a[': 1 } } }",
      ],
    },
    told: [
      "it.yaml:4:41: '$.a[' is not a path [TAPBOOT_E_JSON_PATH]",
      '  3 |   - run: id',
      "> 4 |     expect: { stdout: { json: { '$.a[': 1 } } }",
      '    |                                         ^',
      '  5 |',
      "  expected: $ followed by .key, ['key'] or [0], any number of times",
      "  got:      '$.a['",
    ],
  },
  {
    what: 'a timeout given twice',
    files: {
      'it.yaml': ['name: It', 'steps:', '  - wait: { port: 22, timeout: 3s }', '    timeout: 4s'],
    },
    told: [
      "it.yaml:3:23: 'timeout' is given twice [TAPBOOT_E_SCENARIO_CONFLICT]",
      '  2 | steps:',
      '> 3 |   - wait: { port: 22, timeout: 3s }',
      '    |                       ^^^^^^^',
      '  4 |     timeout: 4s',
      "  expected: 'timeout' beside 'wait' or inside it",
      '  got:      both',
      '  next:     remove one of the two',
    ],
  },
  {
    what: 'permission bits without quotes',
    files: {
      'it.yaml': [
        'name: It',
        'steps:',
        '  - copy: { in: { host: it.yaml, guest: /x, mode: 0755 } }',
      ],
    },
    told: [
      'it.yaml:3:51: steps[0].copy.in.mode has a wrong value [TAPBOOT_E_SCENARIO_VALUE]',
      '  2 | steps:',
      '> 3 |   - copy: { in: { host: it.yaml, guest: /x, mode: 0755 } }',
      '    |                                                   ^^^^',
      '  4 |',
      "  expected: permission bits in quotes, e.g. '0755'",
      '  got:      the number 755',
    ],
  },
  {
    what: 'a relative path in the guest',
    files: { 'it.yaml': ['name: It', 'steps:', '  - copy: { in: { host: it.yaml, guest: x } }'] },
    told: [
      'it.yaml:3:41: steps[0].copy.in.guest has a wrong value [TAPBOOT_E_SCENARIO_VALUE]',
      '  2 | steps:',
      '> 3 |   - copy: { in: { host: it.yaml, guest: x } }',
      '    |                                         ^',
      '  4 |',
      '  expected: an absolute path in the guest',
      "  got:      'x'",
    ],
  },
];

await tellsEach(t, mistakes);
