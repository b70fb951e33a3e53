import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { root } from './load.js';

const CODE = /\bTAPBOOT_E_[A-Z0-9_]+[A-Z0-9]\b/g;

async function codesIn(directory: string, wanted: RegExp): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of await readdir(join(root, directory), { recursive: true })) {
    if (!wanted.test(name)) continue;
    const text = await readFile(join(root, directory, name), 'utf8');
    for (const [code] of text.matchAll(CODE)) found.set(code, join(directory, name));
  }
  return found;
}

t.test('docs/errors.md has exactly the codes that exist', async (t) => {
  const used = new Map([
    ...(await codesIn('driver', /\.ts$/)),
    ...(await codesIn('bin', /\.mjs$/)),
  ]);
  const page = await readFile(join(root, 'docs/errors.md'), 'utf8');
  const entries = [...page.matchAll(/^\| `(TAPBOOT_E_[A-Z0-9_]+)` \|/gm)].map(([, code]) => code);
  t.ok(used.size > 50, 'the search finds codes');
  t.equal(new Set(entries).size, entries.length, 'no code twice');
  for (const [code, file] of used) t.ok(entries.includes(code), `${code} (${file}) has an entry`);
  for (const code of entries) t.ok(used.has(code ?? ''), `${code ?? ''} still exists`);
});
