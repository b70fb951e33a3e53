/** A copy of a document with one change, and what the change is. */
export interface Mutation {
  what: string;
  changed: unknown;
}

/** What is put in place of a value: something of every type, near misses among them. */
const REPLACEMENTS: unknown[] = [
  null,
  true,
  false,
  0,
  1,
  -1,
  1.5,
  70000,
  '',
  'x',
  'a b\nc',
  '${x}',
  '5s',
  '512M',
  'any',
  'off',
  'vdb',
  '/etc',
  [],
  ['x'],
  [1],
  [[]],
  {},
  { x: 1 },
];

/** Keys that are put into every mapping. */
const ADDITIONS: [string, unknown][] = [
  ['unknown', 1],
  ['timeout', '5s'],
  ['expect', { exit: 1 }],
  ['checkpoint', 'here'],
  ['run', 'id'],
  ['vdz', 'clean'],
  ['state', 'active'],
  ['subject', 'boot'],
  ['from', 'a#b'],
];

/** Every document that differs from `value` in one place. */
export function mutationsOf(value: unknown): Mutation[] {
  return changesAt(value).map(({ what, changed }) => ({ what, changed }));
}

function changesAt(value: unknown, path = ''): Mutation[] {
  const here = REPLACEMENTS.map((changed) => ({
    what: `${path} = ${JSON.stringify(changed)}`,
    changed,
  }));
  if (Array.isArray(value)) {
    const items = value.flatMap((item: unknown, index) =>
      changesAt(item, `${path}[${String(index)}]`).map(({ what, changed }) => ({
        what,
        changed: value.map((old: unknown, position) => (position === index ? changed : old)),
      })),
    );
    return [...here, ...items];
  }
  if (typeof value !== 'object' || value === null) return here;
  const mapping = value as Record<string, unknown>;
  const removed = Object.keys(mapping).map((key) => ({
    what: `${path} without ${key}`,
    changed: Object.fromEntries(Object.entries(mapping).filter(([name]) => name !== key)),
  }));
  const added = ADDITIONS.filter(([key]) => !(key in mapping)).map(([key, addition]) => ({
    what: `${path} with ${key}`,
    changed: { ...mapping, [key]: addition },
  }));
  const inner = Object.entries(mapping).flatMap(([key, item]) =>
    changesAt(item, `${path}.${key}`).map(({ what, changed }) => ({
      what,
      changed: { ...mapping, [key]: changed },
    })),
  );
  return [...here, ...removed, ...added, ...inner];
}
