/** One piece of a lane: lines as they are, or a top-level point that still wants its number. */
export type TapItem = { lines: string[] } | TapPoint;

/** A top-level point without its number; one marked TODO does not fail the stream. */
export interface TapPoint {
  ok: boolean;
  rest: string;
  block: string[];
  todo?: boolean;
}

interface Lane {
  items: TapItem[];
  closed: boolean;
}

/**
 * Puts scenarios that run side by side one behind the other. The oldest open lane is
 * written as it goes; what others say waits until their turn. So points get their numbers
 * when they are written, and the stream is in order however many workers there are.
 */
export class TapLanes {
  readonly #lanes = new Map<string, Lane>();
  readonly #write: (item: TapItem) => void;

  constructor(write: (item: TapItem) => void) {
    this.#write = write;
  }

  /** The lane that is being written, or undefined between scenarios. */
  get active(): string | undefined {
    const [first] = this.#lanes.keys();
    return first;
  }

  has(id: string): boolean {
    return this.#lanes.has(id);
  }

  /**
   * Opens a lane in its place of the order: before those that are opened later, whether or
   * not it says anything before them.
   */
  open(id: string): void {
    if (!this.#lanes.has(id)) this.#lanes.set(id, { items: [], closed: false });
  }

  /** Gives up a lane that will never say anything. */
  drop(id: string): void {
    this.#lanes.delete(id);
    this.#flush();
  }

  add(id: string, item: TapItem): void {
    const lane = this.#lanes.get(id);
    if (lane === undefined) return;
    if (this.active === id) this.#write(item);
    else lane.items.push(item);
  }

  close(id: string): void {
    const lane = this.#lanes.get(id);
    if (lane === undefined) return;
    lane.closed = true;
    this.#flush();
  }

  #flush(): void {
    for (const [first, oldest] of this.#lanes) {
      for (const item of oldest.items.splice(0)) this.#write(item);
      if (!oldest.closed) break;
      this.#lanes.delete(first);
    }
  }
}
