import t from 'tap';
import { tellsEach, type Mistake } from './told.js';

/** Mistakes about YAML itself, and exactly what the author is told. */
const mistakes: Mistake[] = [
  {
    what: 'YAML that is none',
    files: { 'it.yaml': ['name: It', 'steps: [{ run: id }'] },
    told: [
      'it.yaml:3:1: not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ] [TAPBOOT_E_YAML_SYNTAX]',
      '  2 | steps: [{ run: id }',
      '> 3 |',
      '    | ^',
    ],
  },
  {
    what: 'a variable without quotes within braces',
    files: {
      'it.yaml': [
        'name: It',
        'variables: { limit: 5s }',
        'steps: [{ wait: { port: 22, timeout: ${limit} } }]',
      ],
    },
    told: [
      'it.yaml:3:39: not valid YAML: unexpected flow-map-start at node end [TAPBOOT_E_YAML_SYNTAX]',
      '  2 | variables: { limit: 5s }',
      '> 3 | steps: [{ wait: { port: 22, timeout: ${limit} } }]',
      '    |                                       ^',
      '  4 |',
      '  next:     within { } and [ ], put text with ${…} in quotes',
    ],
  },
  {
    what: 'a key twice',
    files: { 'it.yaml': ['name: It', 'name: That', 'steps: [{ run: id }]'] },
    told: [
      "it.yaml:2:1: the key 'name' stands twice in the same mapping [TAPBOOT_E_YAML_DUPLICATE_KEY]",
      '  1 | name: It',
      '> 2 | name: That',
      '    | ^^^^',
      '  3 | steps: [{ run: id }]',
      '  next:     remove one of the two',
    ],
  },
  {
    what: 'a key that is a number',
    files: { 'it.yaml': ['name: It', '1: x', 'steps: [{ run: id }]'] },
    told: [
      'it.yaml:2:1: a key must be plain text, not 1 [TAPBOOT_E_YAML_KEY]',
      '  1 | name: It',
      '> 2 | 1: x',
      '    | ^',
      '  3 | steps: [{ run: id }]',
      '  next:     put it in quotes if text is meant',
    ],
  },
  {
    what: 'a key that would vanish',
    files: { 'it.yaml': ['name: It', '__proto__: x', 'steps: [{ run: id }]'] },
    told: [
      'it.yaml:2:1: a key must be plain text, not __proto__ [TAPBOOT_E_YAML_KEY]',
      '  1 | name: It',
      '> 2 | __proto__: x',
      '    | ^^^^^^^^^',
      '  3 | steps: [{ run: id }]',
      '  next:     put it in quotes if text is meant',
    ],
  },
  {
    what: 'an unknown tag',
    files: { 'it.yaml': ['name: !It x', 'steps: [{ run: id }]'] },
    told: [
      'it.yaml:1:7: not valid YAML: unresolved tag: !It [TAPBOOT_E_YAML_SYNTAX]',
      '> 1 | name: !It x',
      '    |       ^^^',
      '  2 | steps: [{ run: id }]',
    ],
  },
  {
    what: 'two documents',
    files: { 'it.yaml': ['name: It', 'steps: [{ run: id }]', '---', 'name: That'] },
    told: [
      'it.yaml:3:1: the file holds more than one document [TAPBOOT_E_YAML_DOCUMENTS]',
      '  2 | steps: [{ run: id }]',
      '> 3 | ---',
      '    | ^',
      '  4 | name: That',
      '  next:     put each scenario into a separate file',
    ],
  },
  {
    what: 'no document',
    files: { 'it.yaml': ['# nothing'] },
    told: [
      'it.yaml:1:1: the file holds no YAML document [TAPBOOT_E_YAML_EMPTY]',
      '> 1 | # nothing',
      '    | ^',
      '  2 |',
    ],
  },
  {
    what: 'another YAML',
    files: { 'it.yaml': ['%YAML 1.1', '---', 'name: It', 'steps: [{ run: id }]'] },
    told: [
      'it.yaml:1:1: the file asks for YAML 1.1; only 1.2 is read [TAPBOOT_E_YAML_VERSION]',
      '> 1 | %YAML 1.1',
      '    | ^^^^^',
      '  2 | ---',
      '  next:     remove the %YAML line',
    ],
  },
  {
    what: 'aliases that multiply',
    files: {
      'it.yaml': [
        'name: It',
        'description: &a [b, b, b, b, b, b, b, b, b]',
        'tags: &c [*a, *a, *a, *a, *a, *a, *a, *a, *a]',
        'redact: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]',
        'variables: [*d, *d, *d, *d, *d, *d, *d]',
        'steps: [{ run: id }]',
      ],
    },
    told: [
      "it.yaml:1:1: the file's aliases multiply beyond 100 values [TAPBOOT_E_YAML_ALIASES]",
      '> 1 | name: It',
      '    | ^',
      '  2 | description: &a [b, b, b, b, b, b, b, b, b]',
      '  next:     write the values out, or use variables or a plan',
    ],
  },
  {
    what: 'a wrong word that a variable brought',
    files: {
      'it.yaml': [
        'name: It',
        'variables: { end: inactiv }',
        "steps: [{ wait: { unit: a.service, ended: '${end}' } }]",
      ],
    },
    told: [
      "it.yaml:3:43: 'ended' has a wrong value [TAPBOOT_E_SCENARIO_VALUE]",
      '  2 | variables: { end: inactiv }',
      "> 3 | steps: [{ wait: { unit: a.service, ended: '${end}' } }]",
      '    |                                           ^^^^^^^^',
      '  4 |',
      '  expected: inactive, failed or any',
      "  got:      'inactiv'",
      "  next:     did you mean 'inactive'?",
    ],
  },
  {
    what: 'several mistakes in one file',
    files: {
      'it.yaml': [
        'name: It',
        'steps:',
        '  - run: id',
        '    timeout: soon',
        '  - rnu: id',
        '  - wait: { port: 0 }',
      ],
    },
    told: [
      'it.yaml:4:14: steps[0].timeout has a wrong value [TAPBOOT_E_SCENARIO_VALUE]',
      '  3 |   - run: id',
      '> 4 |     timeout: soon',
      '    |              ^^^^',
      '  5 |   - rnu: id',
      '  expected: a duration such as 420s, 2m or 500ms',
      "  got:      'soon'",
      '',
      'it.yaml:5:5: a step needs one of these keys [TAPBOOT_E_SCENARIO_KIND]',
      '  4 |     timeout: soon',
      '> 5 |   - rnu: id',
      '    |     ^^^^^^^',
      '  6 |   - wait: { port: 0 }',
      '  expected: exactly one of checkpoint, console, copy, disks, plan, power, reboot, run, screenshot, ssh, start, wait',
      '  got:      rnu',
      "  next:     did you mean 'run'?",
      '',
      'it.yaml:6:19: steps[2].wait.port has a wrong value [TAPBOOT_E_SCENARIO_VALUE]',
      '  5 |   - rnu: id',
      '> 6 |   - wait: { port: 0 }',
      '    |                   ^',
      '  7 |',
      '  expected: a TCP port from 1 to 65535',
      '  got:      the number 0',
    ],
  },
];

await tellsEach(t, mistakes);
