import t from 'tap';
import { complaints, load } from '../scenario-files.js';
import { tellsEach, type Mistake } from './told.js';

const scenario = (...lines: string[]): string[] => [...lines, 'steps: [{ run: id }]'];

/** Names that would confuse a terminal, a TAP stream or a directory. */
const mistakes: Mistake[] = [
  {
    what: 'an escape sequence in a name',
    files: { 'it.yaml': scenario('name: "It \\e[31mis\\e[0m"') },
    told: [
      'it.yaml:1:7: name has a wrong value [TAPBOOT_E_SCENARIO_VALUE]',
      '> 1 | name: "It \\e[31mis\\e[0m"',
      '    |       ^^^^^^^^^^^^^^^^^^',
      '  2 | steps: [{ run: id }]',
      '  expected: one line of text',
      "  got:      'It \\u001b[31mis\\u001b[0m'",
    ],
  },
  {
    what: 'a bell in the name of a step',
    files: { 'it.yaml': ['name: It', 'steps:', '  - name: "x\\a"', '    run: id'] },
    told: [
      'it.yaml:3:11: steps[0].name has a wrong value [TAPBOOT_E_SCENARIO_VALUE]',
      '  2 | steps:',
      '> 3 |   - name: "x\\a"',
      '    |           ^^^^^',
      '  4 |     run: id',
      '  expected: one line of text',
      "  got:      'x\\u0007'",
    ],
  },
  {
    what: 'a line break in the name of a step, by a variable',
    files: {
      'it.yaml': [
        ...['name: It', 'variables: { text: "a\\nb" }', 'steps:', "  - name: 'see ${text}'"],
        '    run: id',
      ],
    },
    told: [
      "it.yaml:4:11: 'name' has a wrong value [TAPBOOT_E_SCENARIO_VALUE]",
      '  3 | steps:',
      "> 4 |   - name: 'see ${text}'",
      '    |           ^^^^^^^^^^^^^',
      '  5 |     run: id',
      '  expected: one line of text without control characters (U+000A)',
      "  got:      'see a ⏎ b'",
    ],
  },
  {
    what: 'a tab in a value of the matrix',
    files: { 'it.yaml': scenario('name: It', 'matrix:', '  level: [one, "t\\two"]') },
    told: [
      'it.yaml:3:16: matrix.level[1] has a wrong value [TAPBOOT_E_SCENARIO_VALUE]',
      '  2 | matrix:',
      '> 3 |   level: [one, "t\\two"]',
      '    |                ^^^^^^^',
      '  4 | steps: [{ run: id }]',
      '  expected: one line of text without ${…} and control characters, a number, true or false',
      "  got:      't\\u0009wo'",
    ],
  },
  {
    what: 'a file named by two lines',
    files: { 'a\nb.yaml': scenario('name: It') },
    told: [
      'a\\u000ab.yaml:1:1: a scenario is named after its file, and no name holds control characters [TAPBOOT_E_SCENARIO_ID]',
      '  expected: a file name without control characters',
      "  got:      'a\\u000ab' (U+000A)",
    ],
  },
  {
    what: 'two combinations of one name',
    files: {
      'it.yaml': scenario('name: It', "matrix: { a: ['1,b=2', '1'], b: ['3', '2,b=3'] }"),
    },
    told: [
      "it.yaml:2:1: two combinations of the matrix are both called 'it[a=1,b=2,b=3]' [TAPBOOT_E_SCENARIO_TWICE]",
      '  1 | name: It',
      "> 2 | matrix: { a: ['1,b=2', '1'], b: ['3', '2,b=3'] }",
      '    | ^^^^^^',
      '  3 | steps: [{ run: id }]',
      '  expected: values that make a name of its own for each',
      '  got:      it[a=1,b=2,b=3]',
    ],
  },
];

t.test('every mistake is told at its place', async (t) => {
  await tellsEach(t, mistakes);
});

t.test('a control character from the command line', async (t) => {
  const files = { 'it.yaml': scenario('name: It', 'matrix: { level: [one] }') };
  t.equal(
    await complaints(t, files, { variables: { level: 'a\x1bc' } }),
    [
      '--var level cannot be a part of an id [TAPBOOT_E_SCENARIO_ID]',
      "  expected: one line of text without control characters, since it has 'level' in its matrix",
      '  got:      a value with U+001B',
    ].join('\n'),
  );
});

t.test('what is odd and no mistake', async (t) => {
  const { problems, scenarios } = await load(t, {
    'it.yaml': scenario(
      'name: RAID/LVM residue is removed, ünïcödé 日本',
      "matrix: { level: ['/../../..', '.', '', ' ', '-x', 'a,b=c'] }",
    ),
  });
  t.same(problems, []);
  t.same(
    scenarios.map(({ id }) => id),
    ['/../../..', '.', '', ' ', '-x', 'a,b=c'].map((value) => `it[level=${value}]`),
  );
});
