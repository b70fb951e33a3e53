import { execa } from 'execa';

const namespaces = await execa('unshare', ['-rm', 'true'], { reject: false });

/** Options of tests that mount something, in a namespace of their own; told where there is none. */
export const MOUNTS = {
  skip: namespaces.exitCode === 0 ? false : 'no user namespaces here',
} as const;
