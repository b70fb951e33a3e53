import { createHash } from 'node:crypto';

/** Longest name that is left as it is; a file may then add a suffix and stay below NAME_MAX (255). */
const LONGEST = 100;

/** Characters of a name that has to be told apart by its digest. */
const READABLE = 60;

/** 80 bits: no two ids of one run will ever share them. */
const DIGEST_CHARACTERS = 20;

/** Names that mean themselves, in a file system, a URL, a shell and an option of QEMU. */
const PLAIN = /^[a-z0-9][a-z0-9._-]*$/;

/**
 * The one name under which something with this id is kept in a file system, or shown by a
 * program that takes few characters. Two ids never get the same name, not even where the file
 * system knows no case, and no name leads out of its directory or begins with a hyphen or dot.
 *
 * An id of small letters, digits, dots, hyphens and underscores stays as it is. Any other keeps
 * what is readable of it, and gets a tilde and a part of its SHA-256:
 * `resizes[disk=4G]` becomes `resizes-disk-4g~1f0c…`.
 * @param id any text, also an empty one
 * @returns 1 to 100 characters of `a-z0-9._~-`
 */
export function safeName(id: string): string {
  if (id.length <= LONGEST && PLAIN.test(id)) return id;
  // UTF-16 as it is: half a surrogate pair has no UTF-8 of its own.
  const digest = createHash('sha256').update(Buffer.from(id, 'utf16le')).digest('hex');
  const readable = id
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '')
    .slice(0, READABLE)
    .replace(/[._-]+$/, '');
  return `${readable === '' ? 'x' : readable}~${digest.slice(0, DIGEST_CHARACTERS)}`;
}
