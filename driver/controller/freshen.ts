import { randomBytes } from 'node:crypto';

/**
 * A command that brings a restored guest into the present: its clock is behind by the
 * state's age, and its random pool is that of every other machine restored from the same
 * state. Writing to /dev/urandom mixes bytes in (random(4)); virtio-rng goes on feeding it.
 * @param now milliseconds since the epoch
 */
export function freshenCommand(now = Date.now()): string {
  const seed = randomBytes(64).toString('hex');
  return `date -s @${(now / 1000).toFixed(3)} >/dev/null; printf %s ${seed} > /dev/urandom`;
}
