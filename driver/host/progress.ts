/** What may be said of work that takes long. */
export interface Progress {
  /** A new stage begins, e.g. `downloading packages`. */
  stage(text: string): void;
  /** A line for harness.log. */
  log(line: string): void;
}
