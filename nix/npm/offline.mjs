// node offline.mjs SOURCE TARBALLS DIRECTORY: writes package.json and package-lock.json of SOURCE
// into DIRECTORY so that `npm ci --offline` takes every package from TARBALLS.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { offline } from './lock.mjs';

const [source, tarballs, directory] = process.argv.slice(2);
const read = (name) => JSON.parse(readFileSync(join(source, name), 'utf8'));
const written = offline(read('package.json'), read('package-lock.json'), tarballs);
writeFileSync(join(directory, 'package.json'), JSON.stringify(written.manifest));
writeFileSync(join(directory, 'package-lock.json'), JSON.stringify(written.lock));
