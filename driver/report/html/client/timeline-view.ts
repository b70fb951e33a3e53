/**
 * The part of time that is shown. Pure arithmetic over `start` to `end`, in milliseconds.
 */
export class TimelineView {
  readonly first: number;
  readonly last: number;
  start: number;
  end: number;

  constructor(start: number, end: number) {
    this.first = start;
    this.last = Math.max(end, start + 1);
    this.start = this.first;
    this.end = this.last;
  }

  get span(): number {
    return this.end - this.start;
  }

  /**
   * @param factor below 1 to look closer
   * @param at share of the width that stays in place
   */
  zoom(factor: number, at = 0.5): void {
    const fixed = this.start + this.span * at;
    const span = Math.min(this.last - this.first, Math.max(5, this.span * factor));
    this.start = fixed - span * at;
    this.end = this.start + span;
    this.keepInside();
  }

  /** @param share of the width, negative to the left */
  pan(share: number): void {
    const by = this.span * share;
    this.start += by;
    this.end += by;
    this.keepInside();
  }

  fit(): void {
    this.start = this.first;
    this.end = this.last;
  }

  /** Shows one stretch with some margin. */
  show(from: number, to: number): void {
    const span = Math.min(this.last - this.first, Math.max((to - from) * 1.6, 50));
    this.start = (from + to) / 2 - span / 2;
    this.end = this.start + span;
    this.keepInside();
  }

  keepInside(): void {
    const { span } = this;
    if (this.start < this.first) this.start = this.first;
    else if (this.end > this.last) this.start = Math.max(this.first, this.last - span);
    this.end = this.start + span;
  }

  /**
   * Round times for the axis, in milliseconds since the first.
   * @param most how many fit
   */
  ticks(most: number): { step: number; ticks: number[] } {
    const rough = this.span / Math.max(1, most);
    const steps = [
      1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 18e5,
      36e5,
    ];
    const step = steps.find((candidate) => candidate >= rough) ?? 72e5;
    const ticks = [];
    for (
      let at = Math.ceil((this.start - this.first) / step) * step;
      at <= this.end - this.first;
      at += step
    ) {
      ticks.push(at);
    }
    return { step, ticks };
  }
}
