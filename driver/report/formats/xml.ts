/** What XML 1.0 cannot hold at all, escaped or not (its production `Char`). */
const FORBIDDEN =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // Bare ones would be read as blanks in an attribute.
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
};

const clean = (text: string): string => text.replace(FORBIDDEN, '\ufffd');

/** An element with attributes and content; attributes that are undefined are left out. */
export function element(
  name: string,
  attributes: Record<string, string | number | undefined>,
  content: readonly string[] = [],
): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${attribute(String(value))}"`)
    .join('');
  if (content.length === 0) return `<${name}${written}/>`;
  return `<${name}${written}>${content.join('')}</${name}>`;
}

const attribute = (text: string): string =>
  clean(text).replace(/[&<>"\n\r\t]/g, (character) => ENTITIES[character] ?? character);

/** Text between tags. */
export const text = (value: string): string =>
  clean(value).replace(/[&<>\r]/g, (character) => ENTITIES[character] ?? character);
