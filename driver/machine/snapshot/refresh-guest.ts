import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { shellQuote } from '../../shell-quote.js';
import { freshenOrder, freshenProgram, SEED_BYTES } from './refresh-program.js';

/** Where the program lies in the guest. */
const PROGRAM = '/run/tapboot-freshen';

/** Seconds for a program that waits to answer an order. */
const PATIENCE = 5;

const octal = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');

/** Whether the program that {@link START_FRESHENER} has started is there. */
const RUNS = '[ -n "$__tb_fp" ] && kill -0 "$__tb_fp" 2>/dev/null';

/** A command for a guest that is about to be saved: puts the program in its place. */
export const INSTALL_FRESHENER =
  `[ -x ${PROGRAM} ] || ( umask 077; printf '${octal(freshenProgram())}' > ${PROGRAM} && ` +
  `chmod 700 ${PROGRAM} ) 2>/dev/null`;

/**
 * A line for the driver's shell itself, after {@link INSTALL_FRESHENER}: starts the program,
 * so that a restored machine needs neither a fork nor an exec to become fresh; both are slow
 * on cold code. Two pipes of the shell's own lead to it and back: a shell that writes into a
 * pipe of which it is a reader, too, is not killed by SIGPIPE when the program is gone. The
 * program has one end only, and ends with the shell. Does nothing where it runs already (in a
 * restored machine, or after an earlier save), and in a shell other than bash.
 */
export const START_FRESHENER = [
  `[ -z "$BASH_VERSION" ] || ! [ -x ${PROGRAM} ] || [ ! -e /dev/fd/0 ] || { ${RUNS}; } || eval '`,
  'for __tb_i in $__tb_of; do exec {__tb_i}>&-; done;',
  'exec {__tb_ff}<> <(:) {__tb_fa}<> <(:); __tb_of="$__tb_ff $__tb_fa";',
  '{ for __tb_i in $__tb_rf $__tb_of; do exec {__tb_i}>&-; done;',
  `exec ${PROGRAM}; } </dev/fd/$__tb_ff >/dev/fd/$__tb_fa 2>/dev/null & __tb_fp=$!'`,
].join(' ');

/**
 * A line that brings a restored guest into the present: its clock is behind by the state's
 * age, and its random numbers would be those of every other machine restored from the same
 * state (see {@link freshenProgram}). The driver's own shell gives the order to the program
 * that waits; where none does, the program is started for it. Where it cannot run (another
 * architecture, a /run without execution), the clock is set by `date`, and bytes are mixed
 * into the pool, which takes effect when the kernel next reseeds: within a minute.
 * @param now milliseconds since the epoch
 */
export function freshenCommand(now = Date.now()): string {
  const seed = randomBytes(SEED_BYTES);
  const date = `date -s @${(now / 1000).toFixed(3)} >/dev/null`;
  const mix = `printf %s ${seed.toString('hex')} > /dev/urandom`;
  const waiting = `printf "$__tb_i" >&$__tb_ff; read -r -t ${String(PATIENCE)} -N 1 -u "$__tb_fa" __tb_s`;
  return [
    `__tb_i='${octal(freshenOrder(now, seed))}'; __tb_s=`,
    // One that has not answered may do so later, and is not asked again.
    `if ${RUNS}; then { ${waiting}; } 2>/dev/null; [ -n "$__tb_s" ] || __tb_fp=; fi`,
    `[ "$__tb_s" = 0 ] || __tb_s=$(printf "$__tb_i" | ${PROGRAM} 2>/dev/null)`,
    `[ "$__tb_s" = 0 ] || { ${date}; ${mix}; }`,
    '__tb_i=',
  ].join('; ');
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
