import t from 'tap';
import { tellsEach, type Mistake } from './told.js';

/** Mistakes about keys and kinds, and exactly what the author is told. */
const mistakes: Mistake[] = [
  {
    what: 'an unknown key at the top, with the nearest',
    files: { 'it.yaml': ['name: It', 'tgas: [vm]', 'steps: [{ run: id }]'] },
    told: [
      "it.yaml:2:1: unknown key 'tgas' in the document [TAPBOOT_E_SCENARIO_KEY]",
      '  1 | name: It',
      '> 2 | tgas: [vm]',
      '    | ^^^^',
      '  3 | steps: [{ run: id }]',
      '  expected: one of version, name, description, tags, subject, machine, variables, matrix, redact, timeout, from, steps',
      '  got:      tgas',
      "  next:     did you mean 'tags'?",
    ],
  },
  {
    what: 'an unknown key deep inside',
    files: {
      'it.yaml': ['name: It', 'steps:', '  - run: id', '    expect: { stdout: { contain: root } }'],
    },
    told: [
      "it.yaml:4:25: unknown key 'contain' in steps[0].expect.stdout [TAPBOOT_E_SCENARIO_KEY]",
      '  3 |   - run: id',
      '> 4 |     expect: { stdout: { contain: root } }',
      '    |                         ^^^^^^^',
      '  5 |',
      '  expected: one of contains, not_contains, equals, not, matches, not_matches, json',
      '  got:      contain',
      "  next:     did you mean 'contains'?",
    ],
  },
  {
    what: 'an unknown key that is near none',
    files: { 'it.yaml': ['name: It', 'steps:', '  - run: id', '    colour: blue'] },
    told: [
      "it.yaml:4:5: unknown key 'colour' in steps[0] [TAPBOOT_E_SCENARIO_KEY]",
      '  3 |   - run: id',
      '> 4 |     colour: blue',
      '    |     ^^^^^^',
      '  5 |',
      '  expected: one of run, expect, channel, name, always, timeout, checkpoint',
      '  got:      colour',
    ],
  },
  {
    what: 'a missing key',
    files: { 'it.yaml': ['steps: [{ run: id }]'] },
    told: [
      "it.yaml:1:1: the key 'name' is missing in the document [TAPBOOT_E_SCENARIO_MISSING]",
      '> 1 | steps: [{ run: id }]',
      '    | ^^^^^^^^^^^^^^^^^^^^',
      '  2 |',
      '  expected: one line of text',
    ],
  },
  {
    what: 'no steps',
    files: { 'it.yaml': ['name: It', 'steps: []'] },
    told: [
      'it.yaml:2:8: steps has a wrong value [TAPBOOT_E_SCENARIO_VALUE]',
      '  1 | name: It',
      '> 2 | steps: []',
      '    |        ^^',
      '  3 |',
      '  expected: at least one step',
      '  got:      an empty list',
    ],
  },
  {
    what: 'a step of no kind',
    files: { 'it.yaml': ['name: It', 'steps:', '  - rnu: id'] },
    told: [
      'it.yaml:3:5: a step needs one of these keys [TAPBOOT_E_SCENARIO_KIND]',
      '  2 | steps:',
      '> 3 |   - rnu: id',
      '    |     ^^^^^^^',
      '  4 |',
      '  expected: exactly one of checkpoint, console, copy, disks, plan, power, reboot, run, screenshot, ssh, start, wait',
      '  got:      rnu',
      "  next:     did you mean 'run'?",
    ],
  },
  {
    what: 'a step of two kinds',
    files: { 'it.yaml': ['name: It', 'steps:', '  - run: id', '    ssh: id'] },
    told: [
      'it.yaml:4:5: a step can have only one of these keys [TAPBOOT_E_SCENARIO_KIND]',
      '  3 |   - run: id',
      '> 4 |     ssh: id',
      '    |     ^^^',
      '  5 |',
      '  expected: exactly one of checkpoint, console, copy, disks, plan, power, reboot, run, screenshot, ssh, start, wait',
      '  got:      run and ssh',
    ],
  },
  {
    what: 'a step that is a text',
    files: { 'it.yaml': ['name: It', 'steps:', '  - reboot'] },
    told: [
      'it.yaml:3:5: steps[0] has a wrong value [TAPBOOT_E_SCENARIO_VALUE]',
      '  2 | steps:',
      '> 3 |   - reboot',
      '    |     ^^^^^^',
      '  4 |',
      '  expected: a step: a mapping with one of checkpoint, console, copy, disks, plan, power, reboot, run, screenshot, ssh, start or wait',
      "  got:      'reboot'",
    ],
  },
  {
    what: 'a wait for two things',
    files: { 'it.yaml': ['name: It', 'steps:', '  - wait: { port: 22, file: /x }'] },
    told: [
      'it.yaml:3:13: a wait can have only one of these keys [TAPBOOT_E_SCENARIO_KIND]',
      '  2 | steps:',
      '> 3 |   - wait: { port: 22, file: /x }',
      '    |             ^^^^',
      '  4 |',
      '  expected: exactly one of unit, file, port, ipv4, console, command',
      '  got:      file and port',
    ],
  },
  {
    what: 'a wait for a unit that says neither end nor state',
    files: { 'it.yaml': ['name: It', 'steps:', '  - wait: { unit: a.service }'] },
    told: [
      'it.yaml:3:11: a wait for a unit needs one of these keys [TAPBOOT_E_SCENARIO_KIND]',
      '  2 | steps:',
      '> 3 |   - wait: { unit: a.service }',
      '    |           ^^^^^^^^^^^^^^^^^^^',
      '  4 |',
      '  expected: exactly one of ended, state',
      '  got:      unit',
    ],
  },
  {
    what: 'a wrong type',
    files: { 'it.yaml': ['name: It', 'tags: vm', 'steps: [{ run: id }]'] },
    told: [
      'it.yaml:2:7: tags has a wrong value [TAPBOOT_E_SCENARIO_VALUE]',
      '  1 | name: It',
      '> 2 | tags: vm',
      '    |       ^^',
      '  3 | steps: [{ run: id }]',
      '  expected: a list of tags',
      "  got:      'vm'",
    ],
  },
  {
    what: 'a number where a command belongs',
    files: { 'it.yaml': ['name: It', 'steps:', '  - run: 7'] },
    told: [
      'it.yaml:3:10: steps[0].run has a wrong value [TAPBOOT_E_SCENARIO_VALUE]',
      '  2 | steps:',
      '> 3 |   - run: 7',
      '    |          ^',
      '  4 |',
      '  expected: a command, or a mapping',
      '  got:      the number 7',
    ],
  },
];

await tellsEach(t, mistakes);
