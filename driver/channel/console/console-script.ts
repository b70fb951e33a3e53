import { killTree } from '../shell/scripts.generated.js';
import { bootstrap, commands } from './scripts.generated.js';

/*
 * The guest's half of the console channel: functions typed into the quiet shell. All that
 * comes back is made of records of one line,
 *     @tbNONCE:ID:KIND:FIELDS:.
 * each whole or recognisably not: the kernel may write into any of them, and then the driver
 * asks for the same records again. Nothing here is spelled as it is printed, so no echo can
 * pass for a record.
 */

/**
 * First lines, one command each; a space before it keeps it out of a history.
 * @param shell what commands are run by
 */
export const consoleBootstrap = (nonce: string, shell: 'bash' | 'sh'): string[] =>
  [`__tb_n=${nonce} __tb_sh=${shell}`, ...bootstrap.split('\n')].map((line) => ` ${line}`);

/** The functions, which are put into a file and read from there. */
export const CONSOLE_SCRIPT = `${killTree}\n${commands}\n`;

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
