import t from 'tap';
import type { YamlDocument } from '../../../../driver/language/yaml/document.js';
import { parseYaml } from '../../../../driver/language/yaml/parse.js';

const parse = (text: string): YamlDocument => {
  const parsed = parseYaml('a.yaml', text);
  if (!parsed.ok) throw new Error('no YAML');
  return parsed.document;
};

const codes = (text: string): string[] => {
  const parsed = parseYaml('a.yaml', text);
  return parsed.ok ? [] : parsed.problems.map(({ code }) => code);
};

t.test('every value and key has its place', async (t) => {
  const document = parse('a: 1\nb:\n  - c: &x [u, v]\n    d: *x\n# é\n"e f": |\n  text\n');
  t.same(document.value, { a: 1, b: [{ c: ['u', 'v'], d: ['u', 'v'] }], 'e f': 'text\n' });
  const place = (path: (string | number)[]): string => {
    const { line, column } = document.at(path);
    return `${String(line)}:${String(column)}`;
  };
  t.equal(place([]), '1:1');
  t.equal(place(['a']), '1:4');
  t.equal(place(['b', 0, 'c', 1]), '3:15');
  t.equal(place(['b', 0, 'd']), '4:8', 'an alias stands where it is used');
  t.equal(place(['b', 0, 'd', 1]), '3:15', 'and what is in it where it is written');
  t.equal(place(['b', 0, 'gone', 3]), '3:5', 'what is missing: the mapping that lacks it');
  t.same(document.location(document.keySpan(['e f'])), { file: 'a.yaml', line: 6, column: 1 });
});

t.test(
  'YAML 1.2 core: no dates, no yes, no octal without o; numbers keep their form',
  async (t) => {
    const text = 'a: yes\nb: 2024-01-01\nc: 0755\nd: 1.10\ne: 0o17\nf: ~\ng: "5"\n<<: h\n';
    const document = parse(text);
    t.same(document.value, {
      a: 'yes',
      b: '2024-01-01',
      c: 755,
      d: 1.1,
      e: 15,
      f: null,
      g: '5',
      '<<': 'h',
    });
    t.equal(document.writtenText(['d']), '1.10');
    t.equal(document.writtenText(['c']), '0755');
    t.equal(document.writtenText(['g']), '5');
    t.equal(document.writtenText(['gone']), undefined);
  },
);

t.test('hostile files are refused, not suffered', async (t) => {
  t.same(codes(`a: ${'['.repeat(20_000)}`).length > 0, true, 'nested deeply');
  const laughs = Array.from('bcdefghij').reduce(
    (text, name, index) =>
      `${text}${name}: &${name} [${Array(9)
        .fill(`*${index === 0 ? 'a' : String.fromCharCode(name.charCodeAt(0) - 1)}`)
        .join(',')}]\n`,
    'a: &a [x]\n',
  );
  t.same(codes(laughs), ['TAPBOOT_E_YAML_ALIASES']);
  t.same(codes(`a: ${'x'.repeat(1024 * 1024)}`), ['TAPBOOT_E_YAML_SIZE']);
  t.same(codes('a: &a [*a]'), ['TAPBOOT_E_YAML_ALIASES'], 'an alias inside itself');
  t.same(codes('a: *gone'), ['TAPBOOT_E_YAML_ALIASES']);
  t.same(codes('a: "x\\0y"'), ['TAPBOOT_E_YAML_NUL']);
  t.same(codes('a: \x01'), ['TAPBOOT_E_YAML_SYNTAX'], 'bytes that are no text');
});

t.test('all syntax errors of a file are reported', async (t) => {
  t.same(codes('a: 1\na: 2\nb: 1\nb: 2\n'), [
    'TAPBOOT_E_YAML_DUPLICATE_KEY',
    'TAPBOOT_E_YAML_DUPLICATE_KEY',
  ]);
});
