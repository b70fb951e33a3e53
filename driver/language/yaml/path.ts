/** Way from a document's root to a value: mapping keys and sequence indices. */
export type YamlPath = readonly (string | number)[];

/** For people: `steps[2].wait.unit`; the root is `the document`. */
export function showPath(path: YamlPath): string {
  const text = path
    .map((part) => (typeof part === 'number' ? `[${String(part)}]` : `.${part}`))
    .join('');
  return text === '' ? 'the document' : text.replace(/^\./, '');
}
