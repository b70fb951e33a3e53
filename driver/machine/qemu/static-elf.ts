/** Where a {@link staticElf} is loaded; its first instruction is behind the headers. */
const BASE = 0x400000;

/** A 64-byte ELF header and one 56-byte program header. */
const HEADERS = 64 + 56;

/**
 * A static x86-64 Linux program of one segment (System V ABI): `code` and behind it `data`,
 * which the code finds relative to itself. Written by hand where a guest may have neither a
 * compiler nor the tool for one system call.
 */
export function staticElf(code: Uint8Array, data: Uint8Array): Buffer {
  const size = BigInt(HEADERS + code.length + data.length);
  const elf = Buffer.alloc(HEADERS);
  elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]);
  elf.writeUInt16LE(2, 16); // ET_EXEC
  elf.writeUInt16LE(62, 18); // EM_X86_64
  elf.writeUInt32LE(1, 20);
  elf.writeBigUInt64LE(BigInt(BASE + HEADERS), 24); // entry
  elf.writeBigUInt64LE(64n, 32); // program headers
  elf.writeUInt16LE(64, 52);
  elf.writeUInt16LE(56, 54);
  elf.writeUInt16LE(1, 56);
  elf.writeUInt32LE(1, 64); // PT_LOAD
  elf.writeUInt32LE(5, 68); // read, execute
  elf.writeBigUInt64LE(BigInt(BASE), 64 + 16);
  elf.writeBigUInt64LE(BigInt(BASE), 64 + 24);
  elf.writeBigUInt64LE(size, 64 + 32);
  elf.writeBigUInt64LE(size, 64 + 40);
  elf.writeBigUInt64LE(0x1000n, 64 + 48);
  return Buffer.concat([elf, code, data]);
}

/** Address of a byte of the data of a program whose code is `codeLength` long. */
export const dataAddress = (codeLength: number, offset: number): number =>
  BASE + HEADERS + codeLength + offset;
