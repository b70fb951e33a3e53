import { createHash } from 'node:crypto';
import { commandsBash, commandsPosix, killTree, requests, start } from './scripts.generated.js';

/*
 * The guest's half of the shell channel: functions that the driver loads into the root shell
 * on the virtio-serial port. All names begin with `__tb_`, nothing is exported.
 *
 * A request is one line, `__tb_X ARGUMENTS`; an answer is one *frame*:
 *     \x01 NONCE ' ' KIND ' ' FIELDS \x02
 * written by one write(2) of less than 4 KiB, so that frames of commands that end at the same
 * moment cannot mix (a virtio port sends each write of up to 32 KiB as one buffer:
 * drivers/char/virtio_console.c, port_fops_write). Between the frames of a transfer comes the
 * base64 text of a file; whatever else the port says is ignored.
 *
 * Why not `bash -c` for each command: under TCG a new bash costs 77 ms, a fork 4 ms.
 */

const script = (dialect: 'bash' | 'sh'): string =>
  [killTree, requests, dialect === 'bash' ? commandsBash : commandsPosix, start].join('\n');

/** Says which script a shell has loaded: a restored machine may have another driver's. */
export const SCRIPT_VERSION = createHash('sha256')
  .update(script('bash') + script('sh'))
  .digest('hex')
  .slice(0, 12);

/**
 * Line that makes contact: turns the shell into bash where there is one, takes on the nonce,
 * says dialect and script version. Harmless to repeat. The version comes last: it is empty
 * in a shell that has loaded nothing yet.
 */
export const helloLine = (nonce: string): string =>
  `\n[ "$BASH_VERSION$__tb_v" ] || ! command -v bash >/dev/null 2>&1 || exec bash --norc --noprofile 2>/dev/null; ` +
  `__tb_n=${nonce}; printf '\\001%s o %s %s\\002' "$__tb_n" "\${BASH_VERSION:+bash}" "$__tb_v"\n`;

/** Loads the script. For bash in one `read`, since it reads a script on a pipe byte by byte. */
export function loadScript(dialect: 'bash' | 'sh'): string {
  const text = `${script(dialect)}\n__tb_v=${SCRIPT_VERSION}\n`;
  if (dialect === 'sh') return text;
  const length = Buffer.byteLength(text);
  return `exec 2>/dev/null; __tb_g=\${LC_ALL-}; LC_ALL=C; IFS= read -r -N ${String(length)} __tb_a; eval "$__tb_a"\n${text}`;
}
