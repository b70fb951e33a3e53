/** Where the agent says how its run ended. */
export const STATUS_FILE = '/run/pre-nixos/storage-status';

/** Takes `KEY=value` lines apart; lines without `=` are passed over. */
export function parseStatus(text: string): Record<string, string> {
  const pairs = text.split('\n').flatMap((line): [string, string][] => {
    const at = line.indexOf('=');
    return at < 0 ? [] : [[line.slice(0, at).trim(), line.slice(at + 1).trim()]];
  });
  return Object.fromEntries(pairs);
}
