import { KILL_TREE } from '../shell/guest-script.js';

/*
 * The guest's half of the console channel: functions typed into the quiet shell. All that
 * comes back is made of records of one line,
 *     @tbNONCE:ID:KIND:FIELDS:.
 * each whole or recognisably not: the kernel may write into any of them, and then the driver
 * asks for the same records again. Nothing here is spelled as it is printed, so no echo can
 * pass for a record.
 */

/** First lines, one command each: a place for files, records, and check sums of files. */
export const consoleBootstrap = (nonce: string): string[] => [
  ` __tb_n=${nonce}; __tb_say() { printf '@tb%s:%s:.\\n' "$__tb_n" "$1"; }`,
  ' __tb_c() { set -- "$1" $(cksum <"$__tb_d/$1"); __tb_say "$1:c:$2:$3"; }',
  ' for __tb_d in /run /dev/shm /tmp; do __tb_d=$__tb_d/tapboot-console-$$; [ -d "$__tb_d" ] && break; ( umask 077; mkdir "$__tb_d" ) 2>/dev/null && break; done',
  ' __tb_say "0:r:$(echo | base64):$__tb_d"',
];

/**
 * `__tb_r ID INPUT LIMIT` runs the command in file ID.c in the background; `__tb_f ID LIMIT`
 * sends how it ended (`x`), its outputs (`o`, `e`, as numbered lines of base64) and a last
 * record (`z`), and nothing at all while it runs. A child that was left behind may go on
 * writing: what is sent is as long as was said before. The functions; they are put into a file and read from there. */
export const consoleScript = (shell: 'bash' | 'sh'): string => `${KILL_TREE}
__tb_e() {
  [ "$3" -lt "$4" ] || set -- "$1" "$2" "$4"
  [ "$3" = 0 ] ||
    head -c "$3" "$__tb_d/$1.$2" | base64 | grep -n . | sed "s/.*/@tb$__tb_n:$1:$2:&:./"
}
__tb_f() {
  read -r __tb_s 2>/dev/null <"$__tb_d/$1.s" || return
  set -- "$1" "$2" $(($(wc -c <"$__tb_d/$1.o"))) $(($(wc -c <"$__tb_d/$1.e")))
  __tb_say "$1:x:$__tb_s:$3:$4"
  __tb_e "$1" o "$2" "$3"
  __tb_e "$1" e "$2" "$4"
  __tb_say "$1:z:"
}
__tb_r() {
  ( trap : TERM
    [ "$2" = - ] && __tb_i=/dev/null || __tb_i=$__tb_d/$1.i
    setsid ${shell} -c "$(cat "$__tb_d/$1.c")" <"$__tb_i" >"$__tb_d/$1.o" 2>"$__tb_d/$1.e"
    echo $? >"$__tb_d/$1.s"
    __tb_f "$1" "$3"
  ) &
  __tb_p=$!
}
__tb_u() { rm -f "$__tb_d/$1".?; }
`;

/** A record of the guest, taken apart. */
export interface ConsoleRecord {
  id: string;
  kind: string;
  fields: string[];
}

/** All whole records in `text`, which has had the noise taken out. */
export function findRecords(text: string, nonce: string): ConsoleRecord[] {
  const records: ConsoleRecord[] = [];
  const pattern = new RegExp(`@tb${nonce}:(\\w[\\w.]*):(\\w):([\\w+/=:.-]*):\\.`, 'g');
  for (const [, id = '', kind = '', fields = ''] of text.matchAll(pattern)) {
    records.push({ id, kind, fields: fields.split(':') });
  }
  return records;
}
