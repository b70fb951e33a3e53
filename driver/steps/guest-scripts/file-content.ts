import { PAUSE_FUNCTION, TICK } from './pause.js';
import { shellQuote } from '../../shell-quote.js';

/** Longest content that is handed back to the guest as already seen, in bytes. */
const SEEN_LIMIT = 32 * 1024;

/**
 * A script that waits until a file exists and holds every text of `contains`, and then
 * prints its content as it was then. With `seen`, the content must also be another than
 * that: for a caller who judges the content and waits on. Bytes 0 are left out.
 */
export function waitForFileScript(
  file: string,
  contains: readonly string[],
  seen: string | undefined,
): string {
  const known = seen !== undefined && Buffer.byteLength(seen) <= SEEN_LIMIT;
  const tests = contains.map(
    (text) => `case $content in *${shellQuote(text)}*) ;; *) return 1 ;; esac`,
  );
  if (known) tests.push(`[ "$content" != ${shellQuote(seen)} ] || return 1`);
  return [
    `file=${shellQuote(file)}`,
    PAUSE_FUNCTION,
    // bash reads it without a process; a read that meets the end of the file is not an error.
    `if [ -n "\${BASH_VERSION-}" ]; then
  take() { content=; IFS= read -r -d '' content <"$file" || :; }
else
  take() { content=$(cat -- "$file"; printf .); content=\${content%.}; }
fi`,
    // A directory exists, but has nothing to be read.
    `reached() {
  [ -e "$file" ] || return 1
  content=
  [ -d "$file" ] || take 2>/dev/null
${tests.map((line) => `  ${line}`).join('\n')}
  return 0
}`,
    `until reached; do pause ${TICK}; done`,
    `printf '%s' "$content"`,
  ].join('\n');
}

/** A command that shows a person what there is of a file. */
export function describeFileCommand(file: string): string {
  const name = shellQuote(file);
  return `ls -ld -- ${name} 2>&1; [ ! -f ${name} ] || { echo 'its last lines:'; tail -n 20 -- ${name}; }; true`;
}
