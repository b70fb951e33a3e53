import xterm from '@xterm/headless';

/** What a terminal of `columns` shows of an output, with all that would have scrolled away. */
export class Screen {
  readonly #terminal: xterm.Terminal;

  private constructor(columns: number) {
    this.#terminal = new xterm.Terminal({
      cols: columns,
      // What has scrolled away in a window of usual size is still on this one.
      rows: 500,
      scrollback: 10_000,
      // Terminals are given CR LF for what a program writes as LF.
      convertEol: true,
      allowProposedApi: true,
    });
  }

  static async of(output: string, columns: number): Promise<Screen> {
    const screen = new Screen(columns);
    await screen.write(output);
    return screen;
  }

  write(output: string): Promise<void> {
    return new Promise((resolve) => {
      this.#terminal.write(output, resolve);
    });
  }

  /** All lines down to the cursor or the last text, without blanks at their ends. */
  get lines(): string[] {
    return this.#rows.map((row) => row.trimEnd());
  }

  /** The same, but lines that were too wide are whole. */
  get text(): string {
    return this.#rows
      .map((row, index) => (index === 0 || this.#continues(index) ? row : `\n${row}`))
      .join('')
      .replace(/ +$/gm, '');
  }

  /** How many lines were broken because they were too wide. */
  get wrapped(): number {
    return this.#rows.filter((_, index) => this.#continues(index)).length;
  }

  get #rows(): string[] {
    const { active } = this.#terminal.buffer;
    const all = Array.from(
      { length: active.length },
      (_, index) => active.getLine(index)?.translateToString(true) ?? '',
    );
    const last = all.findLastIndex((row) => row.trim() !== '');
    return all.slice(0, Math.max(last, active.baseY + active.cursorY) + 1);
  }

  #continues(index: number): boolean {
    return this.#terminal.buffer.active.getLine(index)?.isWrapped === true;
  }
}
