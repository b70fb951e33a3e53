// The hash by which Nix knows a directory of files, computed without Nix.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A string in a Nix archive: its length in eight bytes, itself, zeros up to a multiple of eight. */
function* item(content) {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  yield length;
  yield bytes;
  yield Buffer.alloc((8 - (bytes.length % 8)) % 8);
}

function* items(...contents) {
  for (const content of contents) yield* item(content);
}

/**
 * SHA-256 of a flat directory of plain, not executable files, in the form that `outputHash` takes:
 * the archive format (E. Dolstra, The Purely Functional Software Deployment Model, 2006, fig. 5.2)
 * with its entries sorted by their bytes.
 */
export function flatDirectoryHash(directory) {
  const hash = createHash('sha256');
  const write = (...contents) => {
    for (const chunk of items(...contents)) hash.update(chunk);
  };
  write('nix-archive-1', '(', 'type', 'directory');
  for (const name of readdirSync(directory).sort()) {
    write('entry', '(', 'name', name, 'node', '(', 'type', 'regular', 'contents');
    write(readFileSync(join(directory, name)), ')', ')');
  }
  write(')');
  return `sha256-${hash.digest('base64')}`;
}
