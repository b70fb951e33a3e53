/** The ways in which descriptions of keys name their default. */
const WAYS = [
  /\bthe default is ([^.;]+)/,
  /(\w+) \(default\)/,
  /\b(\w+), the default\b/,
  /(\w+): not checked \(the default/,
  /\bdefault:? ([^.;]+)/i,
];

/**
 * The default of a key, as its description tells it; empty when it tells none. The schema has no
 * defaults: several depend on other keys or on the image.
 *
 * @throws Error for a description that speaks of a default in another way
 */
export function defaultWords(description: string): string {
  if (!/\bdefault\b/i.test(description)) return '';
  for (const way of WAYS) {
    const found = way.exec(description)?.[1];
    if (found !== undefined) return found.trim();
  }
  throw new Error(`which default? ${description}`);
}
