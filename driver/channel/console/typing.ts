/** Lines of this length are safe: a terminal in canonical mode cuts a line at 4095 bytes. */
const LINE_LENGTH = 700;

/**
 * Shell commands that write `bytes` to `file` ($-expressions allowed), as lines that can be
 * typed: `printf %b` with every byte but plain ones as octal escape, since a terminal would
 * act on control characters, and the shell on quotes.
 */
export function linesThatWrite(bytes: Uint8Array, file: string): string[] {
  const lines = [` : >"${file}"`];
  let piece = '';
  const flush = (): void => {
    if (piece !== '') lines.push(` printf %b '${piece}' >>"${file}"`);
    piece = '';
  };
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    // After an escape a digit would be taken for a part of it: three digits are its limit.
    piece += /[\w ./:;,=+@%()[\]{}<>|&$"#*?~^-]/.test(char)
      ? char
      : `\\0${byte.toString(8).padStart(3, '0')}`;
    if (piece.length >= LINE_LENGTH) flush();
  }
  flush();
  return lines;
}

/** Cuts lines into batches of some bytes: a terminal's input buffer holds 4 KiB. */
export function batches(lines: readonly string[], bytes = 1800): string[][] {
  const result: string[][] = [];
  let current: string[] = [];
  let length = 0;
  for (const line of lines) {
    if (length + line.length > bytes && current.length > 0) {
      result.push(current);
      current = [];
      length = 0;
    }
    current.push(line);
    length += line.length + 1;
  }
  if (current.length > 0) result.push(current);
  return result;
}

/** POSIX `cksum`: CRC-32 with polynomial 0x04c11db7, MSB first, the length appended, inverted. */
export function cksum(bytes: Uint8Array): number {
  let crc = 0;
  const add = (byte: number): void => {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  };
  for (const byte of bytes) add(byte);
  for (let length = bytes.length; length > 0; length = Math.floor(length / 256)) add(length & 0xff);
  return ~crc >>> 0;
}
