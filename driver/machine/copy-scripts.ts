import { shellQuote } from '../shell-quote.js';

/** Digests of nothing: what a tool must say of /dev/null to be believed. */
const OF_NOTHING = {
  sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  md5: 'd41d8cd98f00b204e9800998ecf8427e',
};

/** What `copyIn` and `copyOut` ask of a file's digest; `md5` only where there is nothing better. */
export type DigestName = keyof typeof OF_NOTHING;

/** The digest that a tool of the guest makes. */
export const digestOf = (tool: string): DigestName => (tool.startsWith('md5') ? 'md5' : 'sha256');

/** Sets `$t` to the first tool for digests that works in the guest, or to nothing. */
const CHOOSE_TOOL = `t=
for x in sha256sum 'busybox sha256sum' 'openssl dgst -sha256 -r' md5sum; do
  case $($x </dev/null 2>/dev/null) in ${OF_NOTHING.sha256}*|${OF_NOTHING.md5}*) t=$x; break;; esac
done`;

/** Sets `$b` to what the guest has for base64. */
const CHOOSE_BASE64 = "b=base64; command -v base64 >/dev/null 2>&1 || b='busybox base64'";

/** Prints the size of a file in bytes; fails where there is none. */
export const sizeScript = (path: string): string =>
  `f=${shellQuote(path)}; [ -f "$f" ] && { stat -L -c %s "$f" 2>/dev/null || wc -c <"$f"; }`;

/**
 * Prints a file as base64, read once, so that one that changes is caught at one moment. The first
 * line holds the bytes of the file afterwards, the length of the text, its digest, and the tool
 * that made it; the latter two may be missing.
 */
export const readScript = (path: string): string => `${CHOOSE_TOOL}
${CHOOSE_BASE64}
f=${shellQuote(path)}; c=$($b <"$f") || exit 1
d=; [ -z "$t" ] || d=$(printf %s "$c" | $t)
printf '%s %s %s %s\\n%s' $(($(wc -c <"$f"))) "\${#c}" "\${d%% *}" "$t" "$c"`;

/** Prints the digest of a file's first bytes, and the tool that made it. */
export const digestScript = (path: string, bytes: number): string => `${CHOOSE_TOOL}
f=${shellQuote(path)}; n=${String(bytes)}
[ $(($(stat -L -c %s "$f" 2>/dev/null || wc -c <"$f"))) -ge $n ] || { echo "it has become shorter" >&2; exit 1; }
[ -n "$t" ] || exit 0
d=$(head -c $n "$f" | $t) || exit 1
printf '%s %s' "\${d%% *}" "$t"`;

/** Makes the directory of a file, and prints where it will lie: links are followed. */
export const prepareScript = (path: string, directory: string): string => `f=${shellQuote(path)}
mkdir -p ${shellQuote(directory)} || exit 1
[ ! -d "$f" ] || { echo "it is a directory" >&2; exit 1; }
[ ! -L "$f" ] || f=$(readlink -f "$f") || exit 1
printf %s "$f"`;

/** Writes standard input, which is base64, to a new file that nobody else may read. */
export const writeScript = (part: string): string =>
  `${CHOOSE_BASE64}; umask 077; $b -d >${shellQuote(part)}`;

/** Status of {@link commitScript} when what has arrived is not what was sent. */
export const DAMAGED_STATUS = 9;

/**
 * Looks whether a file has arrived whole, and gives it its mode and its name. What lies there and
 * is no file (a device) is written to instead, as is what cannot be replaced (a mount point).
 * Prints the tool that made the digest.
 */
export function commitScript(
  part: string,
  target: string,
  wanted: { bytes: number; digests: Record<DigestName, string>; mode: number },
): string {
  const { bytes, digests, mode } = wanted;
  const damaged = (what: string): string =>
    `{ echo "${what}" >&2; exit ${String(DAMAGED_STATUS)}; }`;
  return `${CHOOSE_TOOL}
p=${shellQuote(part)}; f=${shellQuote(target)}; n=$(($(wc -c <"$p")))
[ "$n" -eq ${String(bytes)} ] || ${damaged('$n bytes')}
case $t in '') w=; d=;; md5*) w=${digests.md5}; d=$($t <"$p");; *) w=${digests.sha256}; d=$($t <"$p");; esac
[ "\${d%% *}" = "$w" ] || ${damaged('$t: ${d%% *}')}
if [ -e "$f" ] && [ ! -f "$f" ]; then cat "$p" >"$f" || exit 1; else
  chmod ${mode.toString(8)} "$p" || exit 1
  mv -f "$p" "$f" 2>/dev/null || { cat "$p" >"$f" && chmod ${mode.toString(8)} "$f"; } || exit 1
fi
rm -f "$p"
printf %s "$t"`;
}
