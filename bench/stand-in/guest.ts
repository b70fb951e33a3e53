import type { SerialConsole } from './console.js';

/** Seconds, as the incumbent has them: power-on to the console, and one command. */
const LOGIN_LIMIT = 900;
const ANSWER_LIMIT = 60;

/** The end of a shell's prompt; what the boot still prints may follow on the same line. */
const PROMPT = /[\w~\])][#$] /;
const LOGIN_OR_PROMPT = new RegExp(`login: |${PROMPT.source}`);

/** What a command printed (both streams), and its exit status. */
export interface Answer {
  output: string;
  status: number;
}

/** A root shell on a serial console: one command at a time. */
export class StandInGuest {
  readonly #console: SerialConsole;
  #count = 0;

  private constructor(console: SerialConsole) {
    this.#console = console;
  }

  /**
   * Waits for a prompt and becomes root: by logging in as root without a password, or from a live
   * user's shell by `sudo -i`.
   */
  static async login(console: SerialConsole): Promise<StandInGuest> {
    const first = await console.waitFor(LOGIN_OR_PROMPT, 'a login or a prompt', LOGIN_LIMIT);
    if (first[0] === 'login: ') {
      // A getty that logs somebody in by itself says `login:`, too; its shell then makes nothing
      // of the word.
      console.write('root\n');
      await console.waitFor(PROMPT, 'a prompt after the login', ANSWER_LIMIT * 5);
    }
    const guest = new StandInGuest(console);
    if (!(await guest.#isRoot())) {
      console.write('sudo -i\n');
      await console.waitFor(PROMPT, 'a prompt after sudo -i', ANSWER_LIMIT);
      if (!(await guest.#isRoot())) throw new Error('stand-in: sudo -i does not lead to root');
    }
    return guest;
  }

  /** Quietens the shell, whose echo would be taken for output, and asks who it is. */
  async #isRoot(): Promise<boolean> {
    this.#console.write(
      "stty -echo; PS1=; PS2=; PROMPT_COMMAND=; bind 'set enable-bracketed-paste off'\n",
    );
    const { output } = await this.run('id -u');
    return /^0$/m.test(output);
  }

  /**
   * Runs a command and waits for its end.
   * @param seconds that it may take
   */
  async run(command: string, seconds = ANSWER_LIMIT * 3): Promise<Answer> {
    const mark = `stand-in-${String(++this.#count)}`;
    // The marks are put together by printf: an echo of this line holds neither.
    this.#console.write(
      `printf '\\n%s-%s\\n' begin ${mark}; { ${command}\n} 2>&1 </dev/null; printf '\\n%s-%s-%s-\\n' end ${mark} "$?"\n`,
    );
    const what = `the end of \`${command}\``;
    await this.#console.waitFor(new RegExp(`begin-${mark}\\n`), what, seconds);
    const end = new RegExp(`([^]*?)\\n?end-${mark}-(\\d+)-\\n`);
    const [, output = '', status] = await this.#console.waitFor(end, what, seconds);
    return { output, status: Number(status) };
  }
}
