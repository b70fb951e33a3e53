/** One word of shell, whatever is in it (but NUL). */
export const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
