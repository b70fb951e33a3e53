import { guestDead, type TapbootError } from '../errors.js';
/** temporary */
export class Watchdog {
  readonly death: Promise<TapbootError>;
  #die!: (e: TapbootError) => void;
  #expected = false;
  #stopped = false;
  constructor(_o: { transcript: unknown; bootSilenceMs: number }) {
    this.death = new Promise((resolve) => (this.#die = resolve));
  }
  onQmpEvent(name: string, _data: Record<string, unknown>): void {
    if (name === 'GUEST_PANICKED') this.#die(guestDead('TAPBOOT_E_GUEST_PANIC', 'the guest panicked'));
  }
  onProcessExit(_exit: unknown): void {
    if (!this.#expected && !this.#stopped) this.#die(guestDead('TAPBOOT_E_QEMU_GONE', 'QEMU is gone'));
  }
  booted(): void {}
  watchHeartbeat(_beat: (timeoutMs: number) => Promise<number>): void {}
  expected(_what: 'poweroff' | 'reboot'): void { this.#expected = true; }
  stop(): void { this.#stopped = true; }
}
