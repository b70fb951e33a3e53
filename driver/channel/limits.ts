/** Bytes kept of each output stream, unless a command says otherwise. */
export const DEFAULT_OUTPUT_LIMIT = 1024 * 1024;
