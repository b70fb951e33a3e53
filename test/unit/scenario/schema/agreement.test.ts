import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import { planJsonSchema, scenarioJsonSchema } from '../../../../driver/scenario/index.js';
import { planFile } from '../../../../driver/scenario/schema/plan.js';
import { scenarioFile } from '../../../../driver/scenario/schema/scenario.js';
import { parseYaml } from '../../../../driver/language/yaml/parse.js';
import { mutationsOf } from '../mutations.js';

const root = join(import.meta.dirname, '../../../..');
const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false });
const languages = [
  { name: 'scenario', loader: scenarioFile, editor: ajv.compile(scenarioJsonSchema()) },
  { name: 'plan', loader: planFile, editor: ajv.compile(planJsonSchema()) },
];
const [scenarios, plans] = languages;

const yamlIn = (directory: string): { name: string; value: unknown }[] =>
  readdirSync(join(root, directory))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => {
      const parsed = parseYaml(name, readFileSync(join(root, directory, name), 'utf8'));
      if (!parsed.ok) throw new Error(`${name} is no YAML`);
      return { name, value: parsed.document.value };
    });

const fixtures = 'test/unit/scenario/fixtures';

t.test('what ships is accepted by the loader and by the JSON Schema', async (t) => {
  for (const [language, directory] of [
    [scenarios, 'scenarios'],
    [plans, 'scenarios/plans'],
    [scenarios, `${fixtures}/right`],
    [plans, `${fixtures}/right/plans`],
  ] as const) {
    const files = yamlIn(directory);
    t.ok(files.length > 0, `there are files in ${directory}`);
    for (const { name, value } of files) {
      t.same(language?.loader.safeParse(value).error?.issues ?? [], [], `${name}: loader`);
      language?.editor(value);
      t.same(language?.editor.errors ?? [], [], `${name}: JSON Schema`);
    }
  }
});

t.test('wrong shapes are refused by both', async (t) => {
  const files = yamlIn(`${fixtures}/wrong`);
  t.ok(files.length >= 15, 'at least 15 files');
  for (const { name, value } of files) {
    t.notOk(scenarios?.loader.safeParse(value).success, `${name}: loader`);
    t.notOk(scenarios?.editor(value), `${name}: JSON Schema`);
  }
});

t.test('both say the same of every small change to a right file', async (t) => {
  let refused = 0;
  let accepted = 0;
  for (const [language, directory] of [
    [scenarios, `${fixtures}/right`],
    [plans, `${fixtures}/right/plans`],
  ] as const) {
    if (language === undefined) continue;
    for (const { name, value } of yamlIn(directory)) {
      for (const { what, changed } of mutationsOf(value)) {
        const loader = language.loader.safeParse(changed).success;
        if (loader) accepted += 1;
        else refused += 1;
        if (loader === language.editor(changed)) continue;
        t.fail(`${name}: ${what}: the loader says ${loader ? 'right' : 'wrong'}, the schema not`);
      }
    }
  }
  t.ok(refused > 1000, `${String(refused)} changes were refused`);
  t.ok(accepted > 200, `${String(accepted)} changes were accepted`);
});

t.test('every key has a description and an example in the JSON Schema', async (t) => {
  let keys = 0;
  const look = (schema: unknown, path: string): void => {
    if (Array.isArray(schema)) {
      schema.forEach((item, index) => look(item, `${path}[${String(index)}]`));
    } else if (typeof schema === 'object' && schema !== null) {
      for (const [key, value] of Object.entries(schema)) {
        // Below `not` stand conditions, below `examples` values: neither are keys to explain.
        if (key === 'not' || key === 'allOf' || key === 'examples') continue;
        if (key === 'properties') {
          for (const [name, property] of Object.entries(value as Record<string, object>)) {
            keys += 1;
            const { description, examples } = property as Record<string, unknown>;
            const ok = typeof description === 'string' && description.length > 10;
            if (!ok) t.fail(`${path}.${name} has no description`);
            if (!Array.isArray(examples) || examples.length === 0) {
              t.fail(`${path}.${name} has no example`);
            }
            look(property, `${path}.${name}`);
          }
        } else look(value, path);
      }
    }
  };
  look(scenarioJsonSchema(), 'scenario');
  look(planJsonSchema(), 'plan');
  t.ok(keys > 100, `${String(keys)} keys`);
});

t.test('examples of a key fit the key', async (t) => {
  const seen = new Set<string>();
  const check = (schema: unknown, path: string): void => {
    if (Array.isArray(schema)) schema.forEach((item) => check(item, path));
    if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return;
    const { examples, ...rest } = schema as Record<string, unknown>;
    // Compiling is slow, and the same key stands in many places.
    const known = JSON.stringify(schema);
    if (Array.isArray(examples) && !seen.has(known)) {
      seen.add(known);
      const fits = new Ajv2020({ strict: false }).compile(rest);
      for (const example of examples) {
        t.ok(fits(example), `${path}: ${JSON.stringify(example)} ${JSON.stringify(fits.errors)}`);
      }
    }
    for (const [key, value] of Object.entries(rest)) {
      if (key !== 'not') check(value, `${path}.${key}`);
    }
  };
  const { properties } = scenarioJsonSchema();
  check(properties, 'scenario');
});
