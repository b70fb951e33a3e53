import { randomBytes } from 'node:crypto';

/** The last, unfinished line of a text: where a prompt stands. */
export const lastLine = (text: string): string => text.slice(text.lastIndexOf('\n') + 1);

/** `login:` of getty as the last thing said; not `Last login: …`. */
export const LOGIN_PROMPT = /(?<!Last )\blogin: *$/i;

/** A login prompt (of agetty, or busybox) with something written behind it. */
export const LOGIN_WRITTEN_OVER = /^(?!Last )(?:\S+ )?login: (?!\S+ \(automatic login\))/m;

/**
 * Shown once somebody is logged in: agetty's and mingetty's line, pam_lastlog and login. What
 * shells say when they start (“job control turned off”) comes from an initramfs, too.
 */
export const LOGGED_IN = /\(automatic login\)$|^Last login: /m;

/**
 * A line that asks for Enter before a console is opened: busybox init (`askfirst`), agetty
 * (`--login-pause`), and others in their words. A boot loader's “Press Enter to boot” is not.
 */
export const ASKS_FOR_ENTER =
  /\b(?:press|hit) \W{0,2}(?:enter|return)\W{0,2} (?:key )?(?:to|for) (?:activate|log ?in\b|(?!boot|start|install)(?:\w+ ){0,4}(?:console|shell|login|terminal)\b)/i;

/** Where a boot has failed: the watchdog's business. sulogin, initramfs-tools, dracut. */
export const RESCUE_PROMPT =
  /Control-D to continue\): *$|^\(initramfs\) *$|^(?:dracut:[^\n]*|rd\.[^\n]*)# *$/;

/** Question for a password, by login, su and sudo, also in some other languages. */
export const PASSWORD_PROMPT = /(?:pass(?:word|wort)|kennwort|mot de passe|contraseña)[^\n]*: *$/i;

/** What login says to a wrong name or password (shadow, util-linux, busybox). */
export const LOGIN_INCORRECT = /login incorrect|authentication failure/i;

/** The account is good, and yet there is no shell: trying again does not help. */
export const LOGIN_IMPOSSIBLE =
  /(?:account has expired|you are required to change your password|required to change your (?:unix )?password|new password: *$|this account is currently not available|system is going down|nologin)/i;

/** sudo and su refuse. */
export const ROOT_REFUSED =
  /(?:not in the sudoers file|may not run|not allowed to execute|a password is required|a terminal is required|command not found|not found|authentication failure|sorry, try again|incorrect password|permission denied|must be suid|no such file)/i;

/** Characters of a line that can still be a prompt. */
const PROMPT_LENGTH = 200;

/**
 * Whether an unfinished line can be a shell's prompt and nothing else: it ends in `#` or `$`
 * (no bar of them, nor a quoted one), or in `%` or `>` behind a name with `@` or `~`, or in `%` behind a word.
 * Percentages, `grub>`, `Shell>`, `FS0:\>` and `iPXE>` are none.
 */
export function looksLikeShellPrompt(line: string): boolean {
  if (line.length > PROMPT_LENGTH) return false;
  return /(?:^|[^#`'"])#\s*$|(?:^|[^$])\$\s*$|[@~][^\n]*[%>]\s*$|(?:^|\s)[\w.-]*[a-z][\w.-]*% $/i.test(
    line,
  );
}

/** A line that ends as prompts do, though the cursor is no longer behind it. */
export const SHELL_PROMPT_ANYWHERE = /[#$%>] *$/m;

/** What a probe has found out. */
export interface ProbeAnswer {
  uid: number;
  shell: 'bash' | 'sh';
}

/** Added to a question's number by the shell that answers. */
const ADDEND = 41;

/**
 * A question that only a shell can answer. The answer holds a sum and a random word joined
 * by the shell, so neither the echo of what was typed nor an old answer can be taken for it.
 */
export class Probe {
  readonly #word = randomBytes(4).toString('hex');
  #count = 0;
  #first = 1;

  /** From here on only answers to later questions count: the shell may be another one now. */
  begin(): void {
    this.#first = this.#count + 1;
  }

  /** The line to type, without newline. Begins with a space: not every shell keeps it then. */
  next(): string {
    const count = String(++this.#count);
    return ` printf '@tb%s:%s:%s:%s:.\\n' ${this.#word} "$((${count}+${String(ADDEND)}))" "$(id -u)" "\${BASH_VERSION:+bash}"`;
  }

  /**
   * The last answer in `text` to any question since `begin`: a busy guest answers a question
   * when the next one has been asked already.
   */
  answer(text: string): ProbeAnswer | undefined {
    const pattern = new RegExp(`@tb${this.#word}:(\\d+):(\\d+):(bash)?:\\.`, 'g');
    const answers = [...text.matchAll(pattern)].filter(
      ([, sum]) => Number(sum) - ADDEND >= this.#first && Number(sum) - ADDEND <= this.#count,
    );
    const last = answers.at(-1);
    if (last === undefined) return undefined;
    return { uid: Number(last[2]), shell: last[3] === undefined ? 'sh' : 'bash' };
  }
}
