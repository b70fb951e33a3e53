import { staticElf } from './static-elf.js';
import { packCpio } from '../../image/content/cpio.js';

/** What the probe's init prints once user space runs. */
export const PROBE_MARKER = 'tapboot-userspace-reached';

/**
 * A program that writes the marker to its standard output, then asks the kernel to power off
 * (Linux system calls 1 write, 169 reboot with the magics of reboot(2)).
 */
function probeInit(): Buffer {
  const text = Buffer.from(`\n${PROBE_MARKER}\n`);
  const code = Buffer.concat([
    Buffer.from([0xb8, 1, 0, 0, 0]), // mov eax, 1 (write)
    Buffer.from([0xbf, 1, 0, 0, 0]), // mov edi, 1 (stdout)
    Buffer.from([0x48, 0x8d, 0x35, 0, 0, 0, 0]), // lea rsi, [rip + text], patched below
    Buffer.from([0xba, text.length, 0, 0, 0]), // mov edx, length
    Buffer.from([0x0f, 0x05]), // syscall
    Buffer.from([0xb8, 169, 0, 0, 0]), // mov eax, 169 (reboot)
    Buffer.from([0xbf, 0xad, 0xde, 0xe1, 0xfe]), // mov edi, LINUX_REBOOT_MAGIC1
    Buffer.from([0xbe, 0x69, 0x19, 0x12, 0x28]), // mov esi, LINUX_REBOOT_MAGIC2
    Buffer.from([0xba, 0xdc, 0xfe, 0x21, 0x43]), // mov edx, LINUX_REBOOT_CMD_POWER_OFF
    Buffer.from([0x0f, 0x05]), // syscall
    Buffer.from([0xeb, 0xfe]), // jmp to itself
  ]);
  const afterLea = 17;
  code.writeInt32LE(code.length - afterLea, 13);
  return staticElf(code, text);
}

/** An initramfs whose only program prints {@link PROBE_MARKER} on the console. */
export function probeInitrd(): Buffer {
  return packCpio(
    [
      { kind: 'directory', path: 'dev', mode: 0o755 },
      // Character device 5:1 is /dev/console (Linux, admin-guide/devices).
      { kind: 'character', path: 'dev/console', mode: 0o600, device: [5, 1] },
      { kind: 'file', path: 'init', mode: 0o755, content: probeInit() },
    ],
    0,
  );
}
