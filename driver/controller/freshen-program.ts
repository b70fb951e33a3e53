import { dataAddress, staticElf } from '../elf/static-elf.js';

/** Linux, linux/random.h: `_IO('R', 0x07)`; reseeds the generator from the input pool. */
const RNDRESEEDCRNG = 0x5207;

const DEVICE = '/dev/urandom\0';

/**
 * A program for a restored guest: sets the clock (clock_settime(2)), mixes `seed` into the
 * kernel's input pool (a write to /dev/urandom, random(4)), and has the generator reseed from
 * it at once (ioctl RNDRESEEDCRNG): without that it goes on with the key of the saved machine
 * for up to a minute, and every copy draws the same numbers. Ends with status 0 when the
 * reseeding was accepted.
 * @param now milliseconds since the epoch
 */
export function freshenProgram(now: number, seed: Uint8Array): Buffer {
  const time = Buffer.alloc(16);
  time.writeBigInt64LE(BigInt(Math.floor(now / 1000)), 0);
  time.writeBigInt64LE(BigInt(Math.floor((now % 1000) * 1e6)), 8);
  const data = Buffer.concat([time, Buffer.from(DEVICE), seed]);
  // The length does not depend on the addresses: once to learn it, once for good.
  const { length } = code(0, seed.length);
  return staticElf(code(length, seed.length), data);
}

function code(length: number, seedLength: number): Buffer {
  const at = (offset: number): Buffer => {
    const address = Buffer.alloc(4);
    address.writeUInt32LE(dataAddress(length, offset));
    return address;
  };
  const word = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const syscall = (number: number): Buffer[] => [
    Buffer.from([0xb8]), // mov eax, number
    word(number),
    Buffer.from([0x0f, 0x05]),
  ];
  return Buffer.concat([
    Buffer.from([0x31, 0xff]), // xor edi, edi (CLOCK_REALTIME)
    Buffer.from([0xbe]), // mov esi, the time
    at(0),
    ...syscall(227), // clock_settime
    Buffer.from([0xbf]), // mov edi, the device's name
    at(16),
    Buffer.from([0xbe]), // mov esi, O_RDWR
    word(2),
    ...syscall(2), // open
    Buffer.from([0x89, 0xc3]), // mov ebx, eax
    Buffer.from([0x89, 0xdf]), // mov edi, ebx
    Buffer.from([0xbe]), // mov esi, the seed
    at(16 + DEVICE.length),
    Buffer.from([0xba]), // mov edx, its length
    word(seedLength),
    ...syscall(1), // write
    Buffer.from([0x89, 0xdf]), // mov edi, ebx
    Buffer.from([0xbe]), // mov esi, the request
    word(RNDRESEEDCRNG),
    ...syscall(16), // ioctl
    Buffer.from([0x89, 0xc7]), // mov edi, eax
    Buffer.from([0xc1, 0xef, 0x1f]), // shr edi, 31: 1 for an error
    ...syscall(60), // exit
  ]);
}
