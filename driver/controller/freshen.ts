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

/**
 * A command that puts one key in another's place among root's authorized keys: a machine
 * restored from an earlier run lets that run's key in no more. The file is written in
 * place, so that its owner and rights stay.
 */
export function replaceAuthorizedKey(old: string, key: string): string {
  return [
    'umask 077; mkdir -p /root/.ssh; f=/root/.ssh/authorized_keys',
    `k=$(grep -vxF '${old.trim()}' "$f" 2>/dev/null)`,
    `printf '%s\\n' '${key.trim()}' \${k:+"$k"} > "$f"`,
  ].join('; ');
}
