// What the reference says of a key, made of its schema and its description.
import t from 'tap';
import { defaultWords } from '../../site/reference/default-words.js';
import { typeWords } from '../../site/reference/type-words.js';
import { Slugs } from '../../site/slugs.js';

t.test('a default is found however a description names it', (t) => {
  t.equal(defaultWords('Number of virtual CPUs. Default 1.'), '1');
  t.equal(defaultWords('Blank disks by name. Default { vda: 4G }; {} for none.'), '{ vda: 4G }');
  t.equal(defaultWords('Where it begins. Default: anywhere.'), 'anywhere');
  t.equal(defaultWords('content (default): all that is asked; signatures: less.'), 'content');
  t.equal(defaultWords('Whether it counts (boot, the default) or not (now).'), 'boot');
  t.equal(defaultWords('Longest time; the default is the scenario’s.'), 'the scenario’s');
  t.equal(defaultWords('Words to select scenarios by.'), '');
  t.throws(() => defaultWords('Four by default.'), /which default\? Four/);
  t.end();
});

t.test('a type is told in words', (t) => {
  const variable = { type: 'string', pattern: '^[\\s\\S]*\\$\\{[\\s\\S]*$' } as const;
  t.equal(
    typeWords({ anyOf: [{ type: 'integer', minimum: 1 }, variable] }),
    'whole number, at least 1',
  );
  t.equal(typeWords({ enum: ['a', 'b'] }), '`a` or `b`');
  t.equal(typeWords({ type: 'array', items: { type: 'string' } }), 'list of: text');
  t.equal(
    typeWords({ type: 'object', additionalProperties: { type: 'boolean' } }),
    'mapping to: `true` or `false`',
  );
  t.equal(typeWords({ const: 1 }), '`1`');
  t.equal(typeWords({}), 'any value');
  t.end();
});

t.test('anchors are given once', (t) => {
  const slugs = new Slugs();
  t.equal(slugs.take('What differs from a real boot'), 'what-differs-from-a-real-boot');
  t.equal(slugs.take('`metadata.json`, and more'), 'metadatajson-and-more');
  t.equal(slugs.takeName('name', 'run'), 'name');
  t.equal(slugs.takeName('name', 'run'), 'run.name');
  t.equal(slugs.take('name'), 'name-1');
  t.end();
});
