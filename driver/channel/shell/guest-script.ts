import { createHash } from 'node:crypto';
import { BASH, START_RUNNER } from './guest-bash.js';

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

/**
 * Loaded first, in POSIX sh and bash alike.
 *
 * `__tb_k PID SIGNAL` signals all that descends from PID, by parent, process group or
 * session; a group alone misses what `timeout` and `setsid` start. PID itself is spared: it
 * is the wrapper that reports.
 */
export const KILL_TREE = `
__tb_k() {
  __tb_t=" $1 "; __tb_w=$1; __tb_s=$2; __tb_m=1
  while [ $__tb_m = 1 ]; do
    __tb_m=0
    for __tb_f in /proc/[0-9]*/stat; do
      { read -r __tb_l <"$__tb_f"; } 2>/dev/null || continue
      case $__tb_t in *" \${__tb_l%% *} "*) continue ;; esac
      __tb_i=\${__tb_l%% *}
      set -- \${__tb_l##*) }
      case $__tb_t in *" $2 "*|*" $3 "*|*" $4 "*) __tb_t="$__tb_t$__tb_i "; __tb_m=1 ;; esac
    done
  done
  for __tb_i in $__tb_t; do
    [ "$__tb_i" = "$__tb_w" ] || kill -s "$__tb_s" "$__tb_i" 2>/dev/null
  done
}`;

/**
 * `__tb_f ID STREAM LIMIT` sends size and first LIMIT bytes of an output file, of that size even
 * where a child that was left behind goes on writing;
 * `__tb_u ID…` forgets commands; `__tb_h N` answers a heartbeat; `__tb_q` proves continuity.
 *
 * Outputs are files and not pipes: a child that a command leaves behind may hold them open
 * for ever without holding up the answer, and it never meets a closed pipe. They lie on a
 * tmpfs of their own, so that a command that prints without end fills neither /run nor RAM.
 */
const COMMON = `
__tb_f() {
  set -- "$1" "$2" "$3" $(($(wc -c <"$__tb_d/$1.$2")))
  printf '\\001%s s %s %s %s\\002' "$__tb_n" "$1" "$2" "$4"
  [ "$3" -lt "$4" ] || set -- "$1" "$2" "$4"
  head -c "$3" "$__tb_d/$1.$2" | $__tb_b
  printf '\\001%s t %s %s\\002' "$__tb_n" "$1" "$2"
}
__tb_u() {
  for __tb_i in "$@"; do
    unset "__tb_p$__tb_i"
    set -- "$@" "$__tb_d/$__tb_i.o" "$__tb_d/$__tb_i.e" "$__tb_d/$__tb_i.i"; shift
  done
  ( rm -f "$@" </dev/null >/dev/null 2>&1 & )
}
__tb_h() { printf '\\001%s h %s\\002' "$__tb_n" "$1"; }
__tb_q() { __tb_c=$((__tb_c + 1)); printf '\\001%s q %s %s %s\\002' "$__tb_n" "$__tb_c" "$__tb_x" "$__tb_rs"; }
__tb_z() { eval "__tb_i=\\\${__tb_p$1-$__tb_rp}"; [ -z "$__tb_i" ] || __tb_k "$__tb_i" "$2"; }`;

/**
 * Any other shell. `__tb_j ID COMMAND STDIN`: the command, and the base64 of its standard
 * input (or `-`), as quoted arguments; outputs always by `__tb_f`.
 */
const POSIX = `
__tb_j() {
  __tb_i=/dev/null
  if [ "$3" != - ]; then __tb_i=$__tb_d/$1.i; printf %s "$3" | base64 -d >"$__tb_i"; fi
  ( trap : TERM
    setsid sh -c "$2" <"$__tb_i" >"$__tb_d/$1.o" 2>"$__tb_d/$1.e"
    __tb_s=$?
    if [ -f "$__tb_d/$1.e" ]; then printf '\\001%s b %s %s\\002' "$__tb_n" "$1" "$__tb_s"
    else printf '\\001%s l %s\\002' "$__tb_n" "$1"; fi
  ) &
  eval "__tb_p$1=\\$!"
}`;

/** Size of the tmpfs for outputs; a command that prints more meets ENOSPC. */
export const SPOOL_MEBIBYTES = 64;

/**
 * Runs once, last. The root cgroup keeps the shell alive when the login session or service
 * that started it ends (systemd kills what is left in those); the OOM score keeps the
 * kernel from choosing the driver's own shell as its first victim (commands get 0 back).
 * Answers `r DIRECTORY SHELL COMMAND-LINE`, the last being /proc/cmdline, or `x REASON`.
 */
const start = (runner: string): string => `
__tb_c=0; __tb_x=; __tb_o=; __tb_of=
cd /
unset SSH_CLIENT SSH_CONNECTION SSH_TTY OLDPWD HISTFILE PROMPT_COMMAND
export TERM=dumb HOME=\${HOME:-/root} USER=\${USER:-root} LOGNAME=\${LOGNAME:-root}
for __tb_i in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin /run/current-system/sw/bin; do
  case :$PATH: in *:$__tb_i:*) ;; *) [ ! -d $__tb_i ] || PATH=$PATH:$__tb_i ;; esac
done
export PATH
for __tb_i in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/systemd/cgroup.procs; do
  [ ! -w $__tb_i ] || { echo $$ >$__tb_i; } 2>/dev/null
done
{ echo -900 >/proc/$$/oom_score_adj; } 2>/dev/null && __tb_o=1
__tb_b=
for __tb_i in base64 'busybox base64'; do
  command -v \${__tb_i%% *} >/dev/null 2>&1 && [ "$(echo | $__tb_i 2>/dev/null)" = Cg== ] && { __tb_b=$__tb_i; break; }
done
__tb_d=
for __tb_i in /run /dev/shm /tmp; do
  __tb_d=$__tb_i/tapboot-shell-$$
  ( umask 077 && mkdir "$__tb_d" ) 2>/dev/null && break
  __tb_d=
done
if [ -z "$__tb_d" ]; then printf '\\001%s x %s\\002' "$__tb_n" 'none of /run, /dev/shm and /tmp can be written to'
elif [ -z "$__tb_b" ]; then printf '\\001%s x %s\\002' "$__tb_n" 'the guest has no base64'
else
  mount -t tmpfs -o mode=0700,size=${String(SPOOL_MEBIBYTES)}m tapboot-shell "$__tb_d" </dev/null >/dev/null 2>&1${runner}
  { IFS= read -r __tb_i </proc/cmdline; } 2>/dev/null || __tb_i=
  printf '\\001%s r %s %s %s\\002' "$__tb_n" "$__tb_d" "\${BASH_VERSION:-sh}" "$__tb_i"
fi
`;

const script = (dialect: 'bash' | 'sh'): string =>
  `${KILL_TREE}${COMMON}${dialect === 'bash' ? `${BASH}${start(START_RUNNER)}` : `${POSIX}${start('')}`}`;

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
  const text = `${script(dialect)}__tb_v=${SCRIPT_VERSION}\n`;
  if (dialect === 'sh') return text;
  const length = Buffer.byteLength(text);
  return `exec 2>/dev/null; __tb_g=\${LC_ALL-}; LC_ALL=C; IFS= read -r -N ${String(length)} __tb_a; eval "$__tb_a"\n${text}`;
}
