/**
 * The driver's own dialogue with a shell on the console (its marks, and what makes the shell
 * quiet): nothing that a guest has said.
 */
const DIALOGUE =
  /@tb[0-9a-f]{8}|printf '@tb| exec bash --norc| exec 2>&1; stty sane| trap : INT; cd \//;

/** The last lines of a console that are neither blank nor the driver's; the first may be cut. */
export const consoleTail = (text: string, count: number): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '' && !DIALOGUE.test(line))
    .slice(-count)
    .join('\n');
