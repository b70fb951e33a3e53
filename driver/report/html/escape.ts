/**
 * Text as HTML, for element content and for attribute values in either quotes.
 * Everything from a guest is hostile until it has been through here.
 */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => `&#${String(character.charCodeAt(0))};`);
}

/**
 * A value as JSON that can stand in a `<script type="application/json">`: no character that
 * could end the element, open a comment, or begin an entity is left as it is (HTML standard,
 * "Restrictions for contents of script elements"). `JSON.parse` gives the value back.
 */
export function jsonForScript(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
