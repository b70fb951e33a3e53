/**
 * Shell function `pause SECONDS` for loops in the guest. bash waits in its own `read` on a
 * pipe that never delivers: a process per tick costs 27 ms of an emulated CPU. Where that
 * is not to be had, `sleep`; where `sleep` takes no fractions, one second.
 */
export const PAUSE_FUNCTION = `
if [ -n "\${BASH_VERSION-}" ] && (eval 'exec 9<> <(:)') 2>/dev/null; then
  eval 'exec 9<> <(:)'
  pause() { read -r -t "$1" -u 9 _ || :; }
else
  pause() { sleep "$1" 2>/dev/null || sleep 1; }
fi`.trim();

/** Seconds between two looks of a loop in the guest. */
export const TICK = '0.1';
