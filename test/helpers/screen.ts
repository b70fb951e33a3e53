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
    const { active } = this.#terminal.buffer;
    const all = Array.from({ length: active.length }, (_, row) =>
      (active.getLine(row)?.translateToString(true) ?? '').trimEnd(),
    );
    const last = all.findLastIndex((line) => line !== '');
    return all.slice(0, Math.max(last, active.baseY + active.cursorY) + 1);
  }

  get text(): string {
    return this.lines.join('\n');
  }

  /** How many lines were broken because they were too wide. */
  get wrapped(): number {
    const { active } = this.#terminal.buffer;
    return this.lines.filter((_, row) => active.getLine(row)?.isWrapped).length;
  }
}
