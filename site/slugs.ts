/** Anchors of one page, each given once. */
export class Slugs {
  readonly #taken = new Set<string>();

  /** An anchor for a heading: small letters and hyphens, as forges make them of Markdown. */
  take(text: string): string {
    const slug = text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-');
    return this.#free(slug === '' ? 'section' : slug);
  }

  /** An anchor that is the name itself; with its section, where another one has it already. */
  takeName(name: string, section: string): string {
    return this.#free(this.#taken.has(name) ? `${section}.${name}` : name);
  }

  #free(wanted: string): string {
    let id = wanted;
    for (let count = 1; this.#taken.has(id); count += 1) id = `${wanted}-${String(count)}`;
    this.#taken.add(id);
    return id;
  }
}
