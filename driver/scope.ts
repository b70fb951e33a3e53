/**
 * A set of resources that live and die together: closed in reverse order of their
 * making. (Node 20 has no AsyncDisposableStack.)
 */
export class Scope implements AsyncDisposable {
  #closers: (() => Promise<void> | void)[] = [];

  /** Takes over the closing of `resource`, and returns it. */
  use<T extends AsyncDisposable>(resource: T): T {
    this.#closers.push(async () => {
      await resource[Symbol.asyncDispose]();
    });
    return resource;
  }

  /** Runs `close` when the scope ends. */
  defer(close: () => Promise<void> | void): void {
    this.#closers.push(close);
  }

  /** Gives the resources away: what was `use`d here is closed by the returned scope. */
  release(): Scope {
    const other = new Scope();
    other.#closers = this.#closers;
    this.#closers = [];
    return other;
  }

  /**
   * Closes everything. Idempotent. All are closed even when some fail.
   * @throws the first error met
   */
  async close(): Promise<void> {
    const closers = this.#closers.reverse();
    this.#closers = [];
    const errors: unknown[] = [];
    for (const close of closers) {
      try {
        await close();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
