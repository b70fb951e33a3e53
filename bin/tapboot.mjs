#!/usr/bin/env node
// The `tapboot` command. In a checkout it first makes sure that dist/ was built from the
// sources at hand; in an installed package there are no sources and dist/ is all there is.
import { existsSync } from 'node:fs';
import { tree } from './setup/tree.mjs';

if (existsSync(tree.buildConfig)) {
  const { ensureBuilt } = await import('./setup/ensure-built.mjs');
  await ensureBuilt();
}
const { main } = await import(tree.entry);
await main(process.argv.slice(2));
