import t from 'tap';
import { tellsEach, type Mistake } from './told.js';

/** Mistakes about variables, plans and checkpoints, and exactly what the author is told. */
const mistakes: Mistake[] = [
  {
    what: 'an undefined variable, at its place in the text',
    files: {
      'it.yaml': ['name: It', 'steps:', '  - run: |', '      echo one', '      echo ${HOME}'],
    },
    told: [
      "it.yaml:5:12: there is no variable 'HOME' [TAPBOOT_E_VARIABLE_UNDEFINED]",
      '  4 |       echo one',
      '> 5 |       echo ${HOME}',
      '    |            ^^^^^^^',
      '  6 |',
      '  expected: a variable: tapboot.scenario, tapboot.run',
      '  got:      HOME',
      '  next:     define it under variables, give --var HOME=VALUE, or write $${HOME} if the guest’s shell is to see it',
    ],
  },
  {
    what: 'a misspelt variable',
    files: {
      'it.yaml': [
        'name: It',
        'variables: { unit: a.service }',
        'steps:',
        "  - wait: { unit: '${unti}', ended: any }",
      ],
    },
    told: [
      "it.yaml:4:20: there is no variable 'unti' [TAPBOOT_E_VARIABLE_UNDEFINED]",
      '  3 | steps:',
      "> 4 |   - wait: { unit: '${unti}', ended: any }",
      '    |                    ^^^^^^^',
      '  5 |',
      '  expected: a variable: tapboot.scenario, tapboot.run, unit',
      '  got:      unti',
      "  next:     did you mean 'unit'?",
    ],
  },
  {
    what: 'a shell expansion that is no variable',
    files: { 'it.yaml': ['name: It', 'steps:', '  - run: echo ${x:-y}'] },
    told: [
      "it.yaml:3:15: '${' begins no variable's name [TAPBOOT_E_VARIABLE_SYNTAX]",
      '  2 | steps:',
      '> 3 |   - run: echo ${x:-y}',
      '    |               ^^',
      '  4 |',
      '  expected: ${name}',
      '  next:     for a ${ that the guest’s shell is to see, write $${',
    ],
  },
  {
    what: 'a wrong value that a variable brought',
    files: {
      'it.yaml': [
        'name: It',
        'variables: { limit: soon }',
        'steps:',
        '  - run: id',
        '    timeout: ${limit}',
      ],
    },
    told: [
      "it.yaml:5:14: 'timeout' has a wrong value [TAPBOOT_E_SCENARIO_VALUE]",
      '  4 |   - run: id',
      '> 5 |     timeout: ${limit}',
      '    |              ^^^^^^^^',
      '  6 |',
      '  expected: a duration such as 420s, 2m or 500ms, at most 7 days',
      "  got:      'soon'",
    ],
  },
  {
    what: 'a variable made of another',
    files: { 'it.yaml': ['name: It', "variables: { a: '${b}' }", 'steps: [{ run: id }]'] },
    told: [
      'it.yaml:2:17: variables.a has a wrong value [TAPBOOT_E_SCENARIO_VALUE]',
      '  1 | name: It',
      "> 2 | variables: { a: '${b}' }",
      '    |                 ^^^^^^',
      '  3 | steps: [{ run: id }]',
      '  expected: a text without ${…}, a number, true or false',
      "  got:      '${b}'",
    ],
  },
  {
    what: 'a variable to redact that is not defined',
    files: {
      'it.yaml': [
        'name: It',
        'variables: { password: x }',
        'redact: [pasword]',
        'steps: [{ run: id }]',
      ],
    },
    told: [
      "it.yaml:3:10: there is no variable 'pasword' to redact [TAPBOOT_E_VARIABLE_UNDEFINED]",
      '  2 | variables: { password: x }',
      '> 3 | redact: [pasword]',
      '    |          ^^^^^^^',
      '  4 | steps: [{ run: id }]',
      '  expected: a variable of the scenario',
      '  got:      pasword',
      "  next:     did you mean 'password'?",
    ],
  },
  {
    what: 'a value too short to be redacted',
    files: {
      'it.yaml': [
        'name: It',
        'variables: { pin: " 123\\n" }',
        'redact: [pin]',
        'steps: [{ run: id }]',
      ],
    },
    told: [
      "it.yaml:3:10: the value of 'pin' is too short to be redacted [TAPBOOT_E_SECRET_TOO_SHORT]",
      '  2 | variables: { pin: " 123\\n" }',
      '> 3 | redact: [pin]',
      '    |          ^^^',
      '  4 | steps: [{ run: id }]',
      '  expected: at least 4 characters, or none',
      '  got:      3',
      '  next:     So short a text occurs everywhere by chance. Use a longer value; for a placeholder, an empty one.',
    ],
  },
  {
    what: 'a variable of the matrix to redact',
    files: {
      'it.yaml': [
        'name: It',
        'matrix: { word: [some, other] }',
        'redact: [word]',
        'steps: [{ run: id }]',
      ],
    },
    told: [
      "it.yaml:3:10: 'word' is a variable of the matrix, and cannot be redacted [TAPBOOT_E_REDACT_MATRIX]",
      '  2 | matrix: { word: [some, other] }',
      '> 3 | redact: [word]',
      '    |          ^^^^',
      '  4 | steps: [{ run: id }]',
      '  expected: a variable that is in no name',
      '  got:      ids, names and directories carry the values of the matrix',
      '  next:     Give it one value, under variables or from outside.',
    ],
  },
  {
    what: 'an unknown plan',
    files: {
      'it.yaml': ['name: It', 'steps:', '  - plan: sed/a'],
      'plans/seed.yaml': ['plan: seed', 'sections: { a: [{ run: id }] }'],
    },
    told: [
      "it.yaml:3:11: there is no plan 'sed' [TAPBOOT_E_PLAN_UNKNOWN]",
      '  2 | steps:',
      '> 3 |   - plan: sed/a',
      '    |           ^^^^^',
      '  4 |',
      '  expected: a file plans/sed.yaml',
      '  got:      sed',
      "  next:     did you mean 'seed'?",
    ],
  },
  {
    what: 'an unknown section',
    files: {
      'it.yaml': ['name: It', 'steps:', '  - plan: seed/b'],
      'plans/seed.yaml': ['plan: seed', 'sections: { a: [{ run: id }] }'],
    },
    told: [
      "it.yaml:3:11: the plan 'seed' has no section 'b' [TAPBOOT_E_PLAN_SECTION]",
      '  2 | steps:',
      '> 3 |   - plan: seed/b',
      '    |           ^^^^^^',
      '  4 |',
      '  expected: one of a',
      '  got:      b',
      '  next:     one of: a',
    ],
  },
  {
    what: 'a mistake inside a plan, once for all its uses',
    files: {
      'it.yaml': ['name: It', 'steps:', '  - plan: seed/a', '  - plan: seed/a'],
      'plans/seed.yaml': ['plan: seed', 'sections:', '  a:', '    - run: echo ${nothing}'],
    },
    told: [
      "plans/seed.yaml:4:17: there is no variable 'nothing' [TAPBOOT_E_VARIABLE_UNDEFINED]",
      '  3 |   a:',
      '> 4 |     - run: echo ${nothing}',
      '    |                 ^^^^^^^^^^',
      '  5 |',
      '  expected: a variable (none is defined)',
      '  got:      nothing',
      '  next:     define it under variables, give --var nothing=VALUE, or write $${nothing} if the guest’s shell is to see it',
    ],
  },
  {
    what: 'a plan that asks for what a shell cannot check',
    files: {
      'it.yaml': ['name: It', 'steps:', '  - plan: seed/a'],
      'plans/seed.yaml': [
        'plan: seed',
        'sections:',
        '  a:',
        '    - run: id',
        '      expect: { stdout: { matches: x } }',
      ],
    },
    told: [
      "plans/seed.yaml:5:27: unknown key 'matches' in sections.a[0].expect.stdout [TAPBOOT_E_SCENARIO_KEY]",
      '  4 |     - run: id',
      '> 5 |       expect: { stdout: { matches: x } }',
      '    |                           ^^^^^^^',
      '  6 |',
      '  expected: one of contains, not_contains, equals',
      '  got:      matches',
    ],
  },
  {
    what: 'a plan of another name than its file',
    files: {
      'it.yaml': ['name: It', 'steps:', '  - plan: seed/a'],
      'plans/seed.yaml': ['plan: sead', 'sections: { a: [{ run: id }] }'],
    },
    told: [
      'plans/seed.yaml:1:7: plan and file differ in name [TAPBOOT_E_PLAN_NAME]',
      '> 1 | plan: sead',
      '    |       ^^^^',
      '  2 | sections: { a: [{ run: id }] }',
      '  expected: seed',
      '  got:      sead',
    ],
  },
  {
    what: 'a start from a scenario that there is not',
    files: {
      'it.yaml': ['name: It', 'from: bsae#here', 'steps: [{ run: id }]'],
      'base.yaml': ['name: Base', 'steps: [{ run: id }]'],
    },
    told: [
      "it.yaml:2:7: there is no scenario 'bsae' to start from [TAPBOOT_E_CHECKPOINT_UNKNOWN]",
      '  1 | name: It',
      '> 2 | from: bsae#here',
      '    |       ^^^^^^^^^',
      '  3 | steps: [{ run: id }]',
      '  expected: the id of a scenario that is loaded too',
      '  got:      bsae',
      "  next:     did you mean 'base'?",
    ],
  },
  {
    what: 'a start from a checkpoint that there is not',
    files: {
      'it.yaml': ['name: It', 'from: base#her', 'steps: [{ run: id }]'],
      'base.yaml': ['name: Base', 'steps: [{ run: id, checkpoint: here }]'],
    },
    told: [
      "it.yaml:2:7: the scenario 'base' has no checkpoint 'her' [TAPBOOT_E_CHECKPOINT_UNKNOWN]",
      '  1 | name: It',
      '> 2 | from: base#her',
      '    |       ^^^^^^^^',
      '  3 | steps: [{ run: id }]',
      '  expected: one of here',
      '  got:      her',
      "  next:     did you mean 'here'?",
    ],
  },
  {
    what: 'a circle of starts',
    files: { 'it.yaml': ['name: It', 'from: it#here', 'steps: [{ run: id }]'] },
    told: [
      "it.yaml:2:7: 'it' would start from itself, by way of 'it' [TAPBOOT_E_CHECKPOINT_CIRCLE]",
      '  1 | name: It',
      '> 2 | from: it#here',
      '    |       ^^^^^^^',
      '  3 | steps: [{ run: id }]',
      '  expected: a chain of scenarios that ends at a boot',
      '  got:      a circle',
    ],
  },
];

await tellsEach(t, mistakes);
