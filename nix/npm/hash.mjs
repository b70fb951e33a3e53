// npm run nix:hash               computes the hash of npm's packages for Nix, and writes it down
// npm run nix:hash -- --check    computes it, and fails when another one is written down
// npm run nix:hash -- --lock-only   asks no registry: fails when package-lock.json has changed since
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchTarballs } from './fetch.mjs';
import { lockDigest } from './lock.mjs';
import { flatDirectoryHash } from './nar-hash.mjs';

const lockFile = new URL('../../package-lock.json', import.meta.url);
const pinFile = new URL('tarballs.json', import.meta.url);
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));

function readPin() {
  try {
    return read(pinFile);
  } catch (error) {
    if (error.code === 'ENOENT') return {};
    throw error;
  }
}

function computeHash(lock) {
  const directory = mkdtempSync(join(tmpdir(), 'tapboot-nix-hash-'));
  try {
    const tarballs = join(directory, 'tarballs');
    fetchTarballs(lock, tarballs);
    return flatDirectoryHash(tarballs);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function fail(message) {
  process.stderr.write(`nix:hash: ${message}\n  next: npm run nix:hash\n`);
  process.exitCode = 1;
}

const mode = process.argv[2];
const lock = read(lockFile);
const digest = lockDigest(lock);
const pin = readPin();
if (mode === '--lock-only') {
  if (pin.lock !== digest) fail('package-lock.json has changed since the hash was computed');
} else if (mode === '--check') {
  const hash = computeHash(lock);
  if (pin.lock !== digest || pin.hash !== hash) {
    fail(`nix/npm/tarballs.json has ${pin.hash}, the packages have ${hash}`);
  }
} else if (mode === undefined) {
  const hash = computeHash(lock);
  writeFileSync(pinFile, `${JSON.stringify({ lock: digest, hash }, null, 2)}\n`);
  process.stdout.write(`${hash}\n`);
} else {
  process.stderr.write(`nix:hash: unknown argument ${mode}; --check, --lock-only or none\n`);
  process.exitCode = 2;
}
