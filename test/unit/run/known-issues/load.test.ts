import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { TapbootError } from '../../../../driver/errors.js';
import { knownIssuesJsonSchema } from '../../../../driver/run/known-issues/schema.js';
import { loadKnownIssues } from '../../../../driver/run/known-issues/load.js';

const ENTRY = `
  - scenario: residue
    step: the disks hold nothing
    message: marker
    owner: storage
    reason: bug 12
    expires: 2030-06-30
`;

function load(t: Test, text: string): ReturnType<typeof loadKnownIssues> {
  const directory = t.testdir({ 'known.yaml': text });
  return loadKnownIssues(join(directory, 'known.yaml'), directory);
}

function told(t: Test, text: string): TapbootError {
  try {
    load(t, text);
  } catch (error) {
    if (error instanceof TapbootError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

t.test('a sound file is read, each entry with its place', async (t) => {
  t.strictSame(load(t, `version: 1\nissues:${ENTRY}`), [
    {
      scenario: 'residue',
      step: 'the disks hold nothing',
      message: 'marker',
      owner: 'storage',
      reason: 'bug 12',
      expires: '2030-06-30',
      at: { file: 'known.yaml', line: 3, column: 15 },
    },
  ]);
  t.strictSame(load(t, 'version: 1\nissues: []\n'), []);
});

t.test('mistakes are told with file, line, column and what to do', async (t) => {
  for (const [text, line, column, message] of [
    [`version: 1\nissues:${ENTRY}    until: x\n`, 9, 5, /unknown key 'until'/],
    [`version: 2\nissues: []\n`, 1, 10, /version has a value/],
    [`version: 1\nissues:${ENTRY.replace('2030-06-30', 'soon')}`, 8, 14, /issues\[0\]\.expires/],
    [`version: 1\nissues:${ENTRY.replace('2030-06-30', '2030-02-31')}`, 8, 14, /expires/],
    [`version: 1\nissues:${ENTRY.replace('storage', "''")}`, 6, 12, /owner has a value/],
    [
      `version: 1\nissues:${ENTRY.replace(/ +owner.*\n/, '')}`,
      3,
      5,
      /'issues\[0\]\.owner' is missing/,
    ],
    [`version: 1\nissues: [`, 2, 10, /not valid YAML/],
  ] as const) {
    const error = told(t, text);
    t.equal(error.failureClass, 'scenario');
    t.match(error.message, message);
    t.match(error.details.at, { file: 'known.yaml', line, column }, text);
    t.match(error.details.frame, /\^/);
  }
  const several = told(
    t,
    `version: 1\nissues:${ENTRY.replace('storage', "''").replace('bug 12', '3')}`,
  );
  t.match(several.message, /^2 problems/);
  t.match(several.details.output, /known\.yaml:6:12.*known\.yaml:7:13/s);
});

t.test('a file that is not there', async (t) => {
  const missing = join(t.testdir({}), 'none.yaml');
  t.throws(() => loadKnownIssues(missing, '/'), { code: 'TAPBOOT_E_KNOWN_ISSUES_FILE' });
});

t.test('the published schema is current', async (t) => {
  const file = join(import.meta.dirname, '../../../../docs/schemas/known-issues.schema.json');
  t.equal(readFileSync(file, 'utf8'), knownIssuesJsonSchema());
});
