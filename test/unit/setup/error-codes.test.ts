import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { ERROR_CODES } from '../../../driver/error-codes.js';
import { root } from './load.js';

const CODE = /\bTAPBOOT_E_[A-Z0-9_]+[A-Z0-9]\b/g;

async function codesIn(directory: string, wanted: RegExp): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of await readdir(join(root, directory), { recursive: true })) {
    if (!wanted.test(name) || name === 'error-codes.ts') continue;
    const text = await readFile(join(root, directory, name), 'utf8');
    for (const [code] of text.matchAll(CODE)) found.set(code, join(directory, name));
  }
  return found;
}

// The compiler sees to the codes that driver/ throws, but not to bin/, nor to comments.
t.test('the table has exactly the codes that are used', async (t) => {
  const used = new Map([
    ...(await codesIn('driver', /\.ts$/)),
    ...(await codesIn('bin', /\.mjs$/)),
  ]);
  const table = Object.values(ERROR_CODES).flatMap((codes) => Object.keys(codes));
  t.ok(used.size > 50, 'the search finds codes');
  t.equal(new Set(table).size, table.length, 'no code twice');
  for (const [code, file] of used) t.ok(table.includes(code), `${code} (${file}) is in the table`);
  for (const code of table) t.ok(used.has(code), `${code} is used`);
});
