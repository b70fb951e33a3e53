/**
 * A clock of the most seconds that a guest's kernel can have run: since QEMU was started, and
 * before its state was saved. The wall clock counts a sleep of the host, in which a guest's
 * clock may go on; the monotonic one is not set back by anybody.
 * @param startedAt `performance.now()` when QEMU was started
 * @param pastSeconds age of the guest when the state was saved from which it was restored
 */
export function guestAge(startedAt: number, pastSeconds: number): () => number {
  const wallStart = Date.now() - (performance.now() - startedAt);
  return () => {
    const ms = Math.max(performance.now() - startedAt, Date.now() - wallStart);
    return pastSeconds + ms / 1000;
  };
}
