import { randomBytes } from 'node:crypto';
import { shellQuote } from '../../quote.js';
import { dataAddress, staticElf } from '../qemu/static-elf.js';
import { freshen, replaceKey } from './scripts.generated.js';

/** Where the program lies in the guest; the scripts know it, too. */
const PROGRAM = '/run/tapboot-freshen';

const octal = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');

/**
 * A program for a guest that is to be restored: it waits for an order on its standard input,
 * sets the clock (clock_settime(2)), mixes the seed into the kernel's input pool (a write to
 * /dev/urandom, random(4)), and has the generator reseed from it at once (ioctl
 * RNDRESEEDCRNG): without that it goes on with the key of the saved machine for up to a
 * minute, and every copy draws the same numbers. It answers `0`, or `1` when one of the three
 * was refused, and waits for the next order; at the end of its input it ends.
 */
export function freshenProgram(): Buffer {
  // The lengths do not depend on the addresses: once to learn them, once for good.
  const { length } = code(0);
  return staticElf(code(length), Buffer.from(DEVICE));
}

const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
};

const syscall = (number: number): Buffer =>
  Buffer.concat([Buffer.from([0xb8]), word(number), Buffer.from([0x0f, 0x05])]);

const CLOSE_DEVICE = [
  Buffer.from([0x89, 0xdf]), // mov edi, ebx
  syscall(3), // close
];

/** The answer: bit 31 of r14d tells of an error. */
const ANSWER = Buffer.concat([
  Buffer.from([0x41, 0xc1, 0xee, 0x1f]), // shr r14d, 31
  Buffer.from([0x41, 0x83, 0xc6, 0x30]), // add r14d, '0'
  Buffer.from([0x44, 0x88, 0x34, 0x24]), // mov [rsp], r14b
  Buffer.from([0xbf]), // mov edi, 1
  word(1),
  Buffer.from([0x48, 0x89, 0xe6]), // mov rsi, rsp
  Buffer.from([0xba]), // mov edx, 1
  word(1),
  syscall(1), // write
]);

const END = Buffer.concat([
  Buffer.from([0x31, 0xff]), // xor edi, edi
  syscall(60), // exit
]);

/** rsp: an order; rbx: the device; r12, r13d: where the order's rest goes, and its length. */
function code(length: number): Buffer {
  const device = Buffer.alloc(4);
  device.writeUInt32LE(dataAddress(length, 0));
  const room = Buffer.from([0x48, 0x83, 0xec, 0x60]); // sub rsp, 96
  const begin = Buffer.concat([
    Buffer.from([0x49, 0x89, 0xe4]), // mov r12, rsp
    Buffer.from([0x41, 0xbd]), // mov r13d, the length of an order
    word(ORDER_BYTES),
  ]);
  const ask = Buffer.concat([
    Buffer.from([0x31, 0xff]), // xor edi, edi
    Buffer.from([0x4c, 0x89, 0xe6]), // mov rsi, r12
    Buffer.from([0x44, 0x89, 0xea]), // mov edx, r13d
    syscall(0), // read
    Buffer.from([0x85, 0xc0]), // test eax, eax
  ]);
  const take = Buffer.concat([
    Buffer.from([0x49, 0x01, 0xc4]), // add r12, rax
    Buffer.from([0x41, 0x29, 0xc5]), // sub r13d, eax
  ]);
  const work = Buffer.concat([
    Buffer.from([0x31, 0xff]), // xor edi, edi (CLOCK_REALTIME)
    Buffer.from([0x48, 0x89, 0xe6]), // mov rsi, rsp
    syscall(227), // clock_settime
    Buffer.from([0x41, 0x89, 0xc6]), // mov r14d, eax
    Buffer.from([0xbf]), // mov edi, the device's name
    device,
    Buffer.from([0xbe]), // mov esi, O_RDWR
    word(2),
    syscall(2), // open
    Buffer.from([0x89, 0xc3]), // mov ebx, eax
    Buffer.from([0x89, 0xdf]), // mov edi, ebx
    Buffer.from([0x48, 0x8d, 0x74, 0x24, 0x10]), // lea rsi, [rsp + 16]
    Buffer.from([0xba]), // mov edx, the seed's length
    word(SEED_BYTES),
    syscall(1), // write
    Buffer.from([0x41, 0x09, 0xc6]), // or r14d, eax
    Buffer.from([0x89, 0xdf]), // mov edi, ebx
    Buffer.from([0xbe]), // mov esi, the request
    word(RNDRESEEDCRNG),
    syscall(16), // ioctl
    Buffer.from([0x41, 0x09, 0xc6]), // or r14d, eax
    ...CLOSE_DEVICE,
    ANSWER,
  ]);
  const jump = 6; // bytes of a conditional jump; an unconditional one has five
  const again = take.length + jump + work.length + 5;
  return Buffer.concat([
    ...[room, begin, ask],
    Buffer.from([0x0f, 0x8e]), // jle: to the end
    word(again),
    take,
    Buffer.from([0x0f, 0x85]), // jnz: to `ask`
    word(-(ask.length + jump + take.length + jump)),
    work,
    Buffer.from([0xe9]), // jmp: to `begin`
    word(-(begin.length + ask.length + jump + again)),
    END,
  ]);
}

/**
 * Lines that bring a restored guest into the present: its clock is behind by the snapshot's
 * age, and its random numbers would be those of every other machine restored from the same
 * snapshot (see {@link freshenProgram}). The driver's own shell gives the order to the program
 * that waits; where none does, the program is started for it. Where it cannot run (another
 * architecture, a /run without execution), the clock is set by `date`, and bytes are mixed
 * into the pool, which takes effect when the kernel next reseeds: within a minute.
 * @param now milliseconds since the epoch
 */
export function freshenCommand(now = Date.now()): string {
  const seed = randomBytes(SEED_BYTES);
  const order = octal(freshenOrder(now, seed));
  const variables = `__tb_i='${order}' __tb_m=${(now / 1000).toFixed(3)} __tb_l=${seed.toString('hex')}`;
  return `${variables}\n${freshen}`;
}

/**
 * Lines that put one key in another's place among root's authorized keys: a machine
 * restored from an earlier run lets that run's key in no more.
 * @param file only for tests
 */
export function replaceAuthorizedKey(
  old: string,
  key: string,
  file = '/root/.ssh/authorized_keys',
): string {
  const [path, from, to] = [file, old.trim(), key.trim()].map(shellQuote);
  return `__tb_i=${path} __tb_s=${from} __tb_m=${to}\n${replaceKey}`;
}

/** Linux, linux/random.h: `_IO('R', 0x07)`; reseeds the generator from the input pool. */
const RNDRESEEDCRNG = 0x5207;

const DEVICE = '/dev/urandom\0';

/** Bytes of seed in an order. */
export const SEED_BYTES = 64;

/** A `struct timespec` and the seed. */
const ORDER_BYTES = 16 + SEED_BYTES;

/**
 * What the program reads from its standard input: the time to set, and a seed.
 * @param now milliseconds since the epoch
 */
export function freshenOrder(now: number, seed: Uint8Array): Buffer {
  const time = Buffer.alloc(16);
  time.writeBigInt64LE(BigInt(Math.floor(now / 1000)), 0);
  time.writeBigInt64LE(BigInt(Math.floor((now % 1000) * 1e6)), 8);
  return Buffer.concat([time, seed]);
}

/** A command for a guest that is about to be saved: puts the program in its place. */
export const INSTALL_FRESHENER =
  `[ -x ${PROGRAM} ] || ( umask 077; printf '${octal(freshenProgram())}' > ${PROGRAM} && ` +
  `chmod 700 ${PROGRAM} ) 2>/dev/null`;
