import {
  CONSOLE_PATTERNS,
  type ConsolePattern,
  type FindingKind,
  type Severity,
} from './panic-patterns.js';

/** Something that the console said. */
export interface Finding {
  kind: FindingKind;
  severity: Severity;
  message: string;
  /** The line as it stood there. */
  line: string;
  /** Offset of the line's beginning in the transcript. */
  offset: number;
}

/** A message of the kernel, possibly behind a prompt; its time stamp and its text. */
const KERNEL_MESSAGE = /(?:^|[^"'\w])\[ {0,4}(\d{1,6}\.\d{6})\](?:\[ *[TC]\d+\])? (.*)$/;

const BROADCAST = /^Broadcast message from systemd-journald@/;

/**
 * Characters of a line that are looked at: a message of the kernel has at most 1 KiB. What a guest
 * writes without any newline is neither kept nor searched again and again.
 */
const LINE_LIMIT = 4096;

/** Seconds by which messages of several CPUs may overtake each other. */
const STAMP_SLACK = 2;

/**
 * A guest's clock may run ahead of the host's: on a busy host the kernel measures an emulated
 * TSC wrongly. A stamp of up to so many times the guest's age, and so many seconds, may be
 * the kernel's own; one beyond it is not.
 */
const FASTEST_CLOCK = 2;
const CLOCK_SLACK = 60;

/** Seconds by which a stamp may be ahead of the guest's age and still date the lines behind it. */
const AGE_SLACK = 1;

/**
 * Reads a console as it comes and says what it means. Asks nobody, and knows of time only
 * how old the guest is.
 *
 * The same words may come from a log that somebody prints. A kernel message counts only with
 * a time stamp that is not older than those before it (a printed log goes back in time), and
 * not beyond the guest's age; lines of boot loader and initramfs count only until `booted`;
 * prompts count only when the console has stopped at them, which the caller sees and asks for
 * by `waitingPrompt`.
 */
export class ConsoleDetector {
  /** The unfinished line, up to {@link LINE_LIMIT}. */
  #partial = '';
  /** All characters of it, those that are not kept included. */
  #partialLength = 0;
  /** Offset of the first character of `#partial`. */
  #offset: number;
  #stamp = -1;
  #kernels = 0;
  /** The next line that is not empty is what journald broadcasts. */
  #broadcast = false;
  #booted = false;
  readonly #age: () => number;

  /**
   * @param offset where in the transcript the first text will stand
   * @param age the most seconds that the guest's kernel can have run by now
   */
  constructor(offset = 0, age: () => number = () => Number.POSITIVE_INFINITY) {
    this.#offset = offset;
    this.#age = age;
  }

  /** The system is up: from now on people may print logs. */
  booted(): void {
    this.#booted = true;
    this.#kernels = Math.max(1, this.#kernels);
  }

  /** A restart was asked for: the next kernel is welcome, and its clock begins at 0. */
  restarting(): void {
    this.#booted = false;
    this.#kernels = 0;
    this.#stamp = -1;
  }

  /** @returns what the lines that `text` completes mean, in their order */
  push(text: string): Finding[] {
    const findings: Finding[] = [];
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.#add(text, start, end);
      const finding = this.#judge(this.#partial);
      if (finding !== undefined) findings.push(finding);
      this.#offset += this.#partialLength + 1;
      this.#partial = '';
      this.#partialLength = 0;
      start = end + 1;
    }
    this.#add(text, start, text.length);
    return findings;
  }

  #add(text: string, start: number, end: number): void {
    const room = LINE_LIMIT - this.#partial.length;
    if (room > 0) this.#partial += text.slice(start, Math.min(end, start + room));
    this.#partialLength += end - start;
  }

  /** What the unfinished line means, if the console has come to rest there. */
  waitingPrompt(): Finding | undefined {
    if (this.#partialLength > LINE_LIMIT) return undefined;
    const pattern = CONSOLE_PATTERNS.find(
      ({ shape, pattern }) => shape === 'prompt' && pattern.test(this.#partial),
    );
    // A boot loader's or initramfs' prompt in a running system is a line that somebody typed.
    if (pattern === undefined || (this.#booted && pattern.kind !== 'emergency-shell'))
      return undefined;
    return this.#finding(pattern, this.#partial, this.#partial);
  }

  /** The unfinished line too, as if it were whole: nothing more will come. */
  end(): Finding[] {
    return this.push('\n');
  }

  #judge(line: string): Finding | undefined {
    const message = KERNEL_MESSAGE.exec(line);
    if (message !== null) return this.#judgeKernel(line, Number(message[1]), message[2] ?? '');
    if (BROADCAST.test(line)) this.#broadcast = true;
    else if (line.trim() !== '' && this.#broadcast) {
      this.#broadcast = false;
      const pattern = CONSOLE_PATTERNS.find(
        ({ shape, pattern }) => shape === 'broadcast' && pattern.test(line),
      );
      if (pattern !== undefined) return this.#finding(pattern, line, line);
    }
    if (this.#booted) return undefined;
    const pattern = CONSOLE_PATTERNS.find(
      ({ shape, pattern }) => shape === 'boot-line' && pattern.test(line),
    );
    if (pattern !== undefined) return this.#finding(pattern, line, line);
    // A kernel without time stamps is believed as long as nothing else can be printing.
    return this.#stamp < 0 ? this.#matchKernel(line, line) : undefined;
  }

  #judgeKernel(line: string, stamp: number, text: string): Finding | undefined {
    const age = this.#age();
    if (stamp > age * FASTEST_CLOCK + CLOCK_SLACK) return undefined;
    if (text.startsWith('Linux version ')) {
      const finding = this.#kernels++ > 0 ? this.#matchKernel(line, text) : undefined;
      if (finding === undefined) this.#stamp = Math.min(stamp, age);
      return finding;
    }
    if (stamp < this.#stamp - STAMP_SLACK) return undefined;
    // A line that claims to come from the future must not make the present look old.
    if (stamp <= age + AGE_SLACK) this.#stamp = Math.max(this.#stamp, stamp);
    return this.#matchKernel(line, text);
  }

  #matchKernel(line: string, text: string): Finding | undefined {
    const pattern = CONSOLE_PATTERNS.find(
      ({ shape, pattern }) => shape === 'kernel' && pattern.test(text),
    );
    if (pattern === undefined) return undefined;
    if (pattern.kind === 'kernel-start' && this.#kernels < 2) return undefined;
    return this.#finding(pattern, line, text);
  }

  #finding(pattern: ConsolePattern, line: string, text: string): Finding {
    const first = pattern.pattern.exec(text)?.[1] ?? '';
    return {
      kind: pattern.kind,
      severity: pattern.severity,
      message: pattern.says.replace('$1', () => first.trim()),
      line,
      offset: this.#offset,
    };
  }
}
