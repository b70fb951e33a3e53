// Every key of the language, in each of its forms, is used by a scenario that a test runs on a
// real machine: the table in docs/testing.md, made from the schema and from those scenarios.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { stepKinds } from '../../../driver/scenario/index.js';
import { parseYaml } from '../../../driver/language/yaml/parse.js';
import {
  keysOfPlan,
  keysOfScenario,
  languageKeys,
  plansOf,
  showKey,
  type Key,
} from '../../helpers/language-keys.js';
import {
  examplesOf,
  examplesRun,
  framedPages,
  pagePlan,
  pageScenario,
} from '../../helpers/page-examples.js';

const root = join(import.meta.dirname, '../../..');
const PAGE = join(root, 'docs/testing.md');
/** The headings before and behind the table. */
const AROUND = ['### Where each key is used\n\n', '\n## Helpers\n'] as const;

/** A scenario that is run on a real machine, and the keys that it uses. */
interface Source {
  name: string;
  keys: ReadonlySet<string>;
}

function read(name: string, text: string): Record<string, unknown> {
  const parsed = parseYaml(name, text);
  if (!parsed.ok) throw new Error(`${name} is no YAML`);
  return parsed.document.value as Record<string, unknown>;
}

const file = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Keys of a scenario and of the sections that it uses. */
function source(name: string, text: string, planText: (plan: string) => string): Source {
  const scenario = read(name, text);
  const uses = plansOf(scenario);
  const plans = [...new Set(uses.map(({ plan }) => plan))].flatMap((plan) => {
    const sections = uses.filter((use) => use.plan === plan).map(({ section }) => section);
    return keysOfPlan(read(plan, planText(plan)), sections);
  });
  return { name, keys: new Set([...keysOfScenario(scenario), ...plans].map(showKey)) };
}

/** Scenarios in files; those that are there to fail prove nothing of their keys. */
const filesIn = (directory: string): Source[] =>
  readdirSync(join(root, directory))
    .filter((name) => name.endsWith('.yaml') && name !== 'fails.yaml')
    .map((name) => {
      const path = `${directory}/${name}`;
      return source(path, file(path), (plan) => file(join(dirname(path), `plans/${plan}.yaml`)));
    });

const pages = (): Source[] =>
  framedPages().map((kind) =>
    source(`docs/steps/${kind}.md`, pageScenario(kind), (plan) =>
      plan === 'scratch-volume' ? pagePlan() : file(`scenarios/plans/${plan}.yaml`),
    ),
  );

/** In the order in which they are named. */
const sources = [...filesIn('test/vm/keys'), ...pages(), ...filesIn('scenarios')];

const used = new Set(sources.flatMap(({ keys }) => [...keys]));

/** A key with its forms; what is an item of a list is said by the list. */
function rows(): { key: Key; forms: Key[] }[] {
  const all = languageKeys();
  return all
    .filter(({ form, path }) => form === undefined && !path.endsWith('[]'))
    .map((key) => ({
      key,
      forms: all.filter(
        ({ of, path, form }) =>
          form !== undefined && of === key.of && [key.path, `${key.path}[]`].includes(path),
      ),
    }));
}

/** Few scenarios that use a key in all its forms. */
function provers(wanted: readonly string[]): string[] {
  const whole = sources.find(({ keys }) => wanted.every((key) => keys.has(key)));
  if (whole !== undefined) return [whole.name];
  const first = wanted.map((key) => sources.find(({ keys }) => keys.has(key))?.name ?? '?');
  return [...new Set(first)];
}

function table(): string {
  const lines = rows().map(({ key, forms }) => {
    const names = provers([key, ...forms].map(showKey)).map((name) => `\`${name}\``);
    const words = [...new Set(forms.map(({ form = '' }) => form.replace(/^\((.*)\)$/, '$1')))];
    return `| ${key.of} | \`${key.path}\` | ${words.join(', ')} | ${names.join(', ')} |`;
  });
  return ['| of | key | forms | used by |', '| --- | --- | --- | --- |', ...lines].join('\n');
}

t.test('every key, in each of its forms, is used on a real machine', (t) => {
  const all = languageKeys();
  t.ok(all.length > 300, 'the search finds keys');
  const missing = all.map(showKey).filter((key) => !used.has(key));
  t.same(missing, [], 'write a scenario into test/vm/keys that shows what the key does');
  const known = new Set(all.map(showKey));
  t.same(
    [...used].filter((key) => !known.has(key)),
    [],
    'no scenario uses what the schema does not have',
  );
  t.end();
});

t.test('the table in docs/testing.md says where', (t) => {
  const page = readFileSync(PAGE, 'utf8');
  const [before, behind] = AROUND;
  const [begin, end] = [page.indexOf(before), page.indexOf(behind)];
  t.ok(begin > 0 && begin < end, 'the page has a place for it');
  const wanted = `${page.slice(0, begin)}${before}${table()}\n${page.slice(end)}`;
  if (process.env['TAPBOOT_UPDATE_KEYS'] === '1') writeFileSync(PAGE, wanted);
  else
    t.equal(
      page,
      wanted,
      'TAPBOOT_UPDATE_KEYS=1 node --import tsx test/unit/scenario/key-usage.test.ts writes it',
    );
  t.end();
});

t.test('the examples of every page about a step are run, or listed with a reason', (t) => {
  t.same(framedPages().sort(), [...stepKinds].sort(), 'each page has a scenario around them');
  const unproven = file('docs/unproven.md');
  for (const kind of framedPages()) {
    const examples = examplesOf(kind).map((_, index) => index + 1);
    const listed = examples.filter((number) =>
      unproven.includes(`| docs/steps/${kind}.md, example ${String(number)} |`),
    );
    t.ok(examples.length > 0, `${kind}: there are examples`);
    t.same([...examplesRun(kind), ...listed].sort(), examples, `${kind}: each once`);
  }
  t.end();
});
