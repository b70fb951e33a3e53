import t from 'tap';
import { parseTagExpression } from '../../../driver/scenario/tag-expression.js';

const fits = (text: string, ...tags: string[]): boolean =>
  parseTagExpression(text, '--tag').fits(tags);

t.test('a plain word is a tag', async (t) => {
  t.ok(fits('slow', 'vm', 'slow'));
  t.notOk(fits('slow', 'vm', 'slow-ish'));
});

t.test('not binds tighter than and, and that tighter than or', async (t) => {
  const all = (text: string): string =>
    ['', 'a', 'b', 'a b', 'c', 'a c', 'b c', 'a b c']
      .filter((tags) => fits(text, ...tags.split(' ')))
      .join(',');
  t.equal(all('a and b'), 'a b,a b c');
  t.equal(all('a or b and c'), 'a,a b,a c,b c,a b c');
  t.equal(all('(a or b) and c'), 'a c,b c,a b c');
  t.equal(all('not a and b'), 'b,b c');
  t.equal(all('not (a and b) and c'), 'c,a c,b c');
  t.equal(all('not not a'), 'a,a b,a c,a b c');
  t.equal(all('a and not(b or c)'), 'a', 'blanks are needed between words only');
  t.equal(all('((a))or b'), 'a,b,a b,a c,b c,a b c');
});

t.test('it names its tags', async (t) => {
  t.same(parseTagExpression('a and not (b or a)', '--tag').tags, ['a', 'b', 'a']);
});

t.test('what cannot be read is told with its place', async (t) => {
  for (const [text, place, expected, got] of [
    ['', 'at its end', 'a tag, not, or (', 'the end'],
    ['and', 'in column 1', 'a tag, not, or (', 'and'],
    ['a and', 'at its end', 'a tag, not, or (', 'the end'],
    ['a or or b', 'in column 6', 'a tag, not, or (', 'or'],
    ['a b', 'in column 3', 'and, or, or the end', 'b'],
    ['a AND b', 'in column 3', 'and, or, or the end', 'AND'],
    ['a and (b or c', 'at its end', 'and, or, or )', 'the end'],
    ['(a b)', 'in column 4', 'and, or, or )', 'b'],
    ['a)', 'in column 2', 'and, or, or the end', ')'],
    ['()', 'in column 2', 'a tag, not, or (', ')'],
    ['a not b', 'in column 3', 'and, or, or the end', 'not'],
  ] as const) {
    t.throws(
      () => parseTagExpression(text, '--not-tag'),
      {
        code: 'TAPBOOT_E_TAG_EXPRESSION',
        failureClass: 'scenario',
        message: `--not-tag '${text}' cannot be read ${place}`,
        details: { expected, got, hint: /in quotes/ },
      },
      text,
    );
  }
});
