// Runs compiled test files, one after the other, in this one process; prints TAP.
//
//   node bin/setup/test-group.mjs FILE…     relative to the tree, as test/unit/errors.test.ts
import { pathToFileURL } from 'node:url';
import { compiledFile } from './test-compile.mjs';

// tap names temporary directories by the command line, which may be longer than a name can be.
const files = process.argv.splice(2);
// Seconds. No test is judged by its time: this is met only by one that hangs.
process.env.TAP_TIMEOUT ??= '2700';
const { default: tap } = await import('tap');

const group = new Map();
globalThis[Symbol.for('tapboot.test-group')] = group;

for (const file of files) {
  await tap.test(file, async (t) => {
    group.set(file, t);
    await import(pathToFileURL(compiledFile(file)).href);
  });
}
