import t from 'tap';
import { execa } from 'execa';
import { parse } from 'yaml';
import { escapeDescription, yamlBlock, type YamlMap } from '../../../driver/report/tap-syntax.js';

const TEXTS = [
  '',
  'plain',
  'two\nlines',
  'two\nlines\n',
  'three\n\nlines\n',
  '  leading blanks\nthen none\n',
  'none\n  then leading blanks\n',
  'trailing blanks  \nand \n',
  'ends in blank lines\n\n\n',
  '\nbegins with one',
  '...\n---\n...\n',
  '- a\n- b\n',
  'key: value # comment\n',
  'key: value',
  'a:b: c: d',
  'a :',
  ': x',
  'kernel: oops\n',
  '- dash: x',
  '"quoted" and \\ backslash\n\\',
  'tab\there\nand\there',
  '\u0000\u001b[0m\u007f\u0085\u2028\ufeff\u202e',
  'null',
  'true',
  '0x10',
  '~',
  '日本語 🙂\nzwei',
  '%YAML 1.2\n---\n',
  '|',
  '| \n|',
];

/** As it stands in a stream, below a point. */
const stream = (block: string[]): string =>
  [
    'TAP version 13',
    '1..1',
    'not ok 1 - x',
    '  ---',
    ...block.map((l) => `  ${l}`),
    '  ...',
    '',
  ].join('\n');

t.test('every text comes back as it was, whoever reads it', async (t) => {
  const perl = `use TAP::Parser; use JSON::PP; local $/; my $p = TAP::Parser->new({ tap => <STDIN> });
    my @d; while (my $r = $p->next) { push @d, $r->data if $r->is_yaml }
    print encode_json({ data => \\@d, errors => [$p->parse_errors] });`;
  for (const text of TEXTS) {
    const label = JSON.stringify(text).replace(/[^ -~]/g, '?');
    const block = yamlBlock({ first: text, list: [text, text], map: { inner: text }, last: 1 });
    const value: unknown = parse(block.join('\n'));
    t.strictSame(value, { first: text, list: [text, text], map: { inner: text }, last: 1 }, label);
    const { stdout } = await execa('perl', ['-e', perl], { input: stream(block) });
    const read = JSON.parse(stdout) as { data: Record<string, unknown>[]; errors: string[] };
    t.strictSame(read.errors, [], `perl takes ${label}`);
    t.match(read.data, [{ last: '1' }], `perl finds the end of ${label}`);
    // Its reader knows no \\uXXXX.
    if (!/[^ -~\n]/.test(text))
      t.strictSame(read.data[0]?.['list'], [text, text], `perl: ${label}`);
  }
});

t.test('shapes', async (t) => {
  const value: YamlMap = {
    number: 1.5,
    yes: true,
    none: [],
    nothing: {},
    'odd key: #': 'x',
    numbers: [1, 2],
    list: [{ a: 'x\ny\n', b: [{ c: 1 }] }, {}, { d: { e: 'f' } }],
  };
  t.strictSame(parse(yamlBlock(value).join('\n')), value);
});

t.test('descriptions', async (t) => {
  t.equal(escapeDescription('a # b \\ c\nd\u001b[1me'), 'a \\# b \\\\ c de');
});
