import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { shellQuote } from '../shell-quote.js';
import { freshenProgram } from './freshen-program.js';

/** The program of {@link freshenCommand} in the guest: made before the save, filled after. */
const PROGRAM = '/run/tapboot-freshen';

/** A command for a guest that is about to be saved; what it does need not be done after. */
export const PREPARE_FRESHENING = `( umask 077; : > ${PROGRAM}; chmod 700 ${PROGRAM} ) 2>/dev/null`;

/**
 * A command that brings a restored guest into the present: its clock is behind by the
 * state's age, and its random numbers would be those of every other machine restored from
 * the same state (see {@link freshenProgram}). One process does both. Where it cannot run
 * (another architecture, a /run without execution), the clock is set by `date`, and bytes are
 * mixed into the pool, which takes effect when the kernel next reseeds: within a minute.
 * @param now milliseconds since the epoch
 */
export function freshenCommand(now = Date.now()): string {
  const seed = randomBytes(64);
  const octal = [...freshenProgram(now, seed)]
    .map((byte) => `\\${byte.toString(8).padStart(3, '0')}`)
    .join('');
  const date = `date -s @${(now / 1000).toFixed(3)} >/dev/null`;
  const mix = `printf %s ${seed.toString('hex')} > /dev/urandom`;
  // The file keeps its rights, and no seed lies about afterwards.
  const program = `printf '${octal}' > ${PROGRAM} && ${PROGRAM}`;
  return `{ ${program}; } 2>/dev/null || { ${date}; ${mix}; }; : > ${PROGRAM}`;
}

/**
 * A command that puts one key in another's place among root's authorized keys: a machine
 * restored from an earlier run lets that run's key in no more. The file is written in
 * place, so that its owner and rights stay. Builtins of the shell alone, where the file is
 * there: a restored guest under TCG takes 200 ms for its first `grep`.
 * @param file only for tests
 */
export function replaceAuthorizedKey(
  old: string,
  key: string,
  file = '/root/.ssh/authorized_keys',
): string {
  const path = shellQuote(file);
  return [
    `[ -f ${path} ] || ( umask 077; mkdir -p ${shellQuote(dirname(file))}; : > ${path} )`,
    '__tb_k=',
    'while IFS= read -r __tb_l || [ "$__tb_l" ]; do',
    `[ "$__tb_l" = ${shellQuote(old.trim())} ] || __tb_k="$__tb_k$__tb_l\n"`,
    `done < ${path}`,
    `printf '%s\n%s' ${shellQuote(key.trim())} "$__tb_k" > ${path}`,
  ].join('\n');
}
