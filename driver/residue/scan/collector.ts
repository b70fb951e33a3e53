/** Keeps the first entries of each subject, and counts them all: memory stays bounded. */
export class Collector<T> {
  readonly #limit: number;
  readonly #bySubject = new Map<string, { kept: T[]; count: number }>();

  /** @param limit entries kept per subject */
  constructor(limit: number) {
    this.#limit = limit;
  }

  add(subject: string, make: () => T): void {
    const entry = this.#bySubject.get(subject) ?? { kept: [], count: 0 };
    entry.count += 1;
    if (entry.kept.length < this.#limit) entry.kept.push(make());
    this.#bySubject.set(subject, entry);
  }

  /** The kept entries and the number of all, by subject. */
  entries(): [subject: string, kept: T[], count: number][] {
    return [...this.#bySubject].map(([subject, { kept, count }]) => [subject, kept, count]);
  }

  count(subject: string): number {
    return this.#bySubject.get(subject)?.count ?? 0;
  }
}
