// What does not depend on each other, at the same time. The driver has the same for itself
// (driver/host/waiting.ts): before the build nothing of it can be loaded.

/**
 * Runs parts of set-up side by side. The first one that fails ends the others through their
 * signal; every one of them has ended before this throws.
 * @param {((signal: AbortSignal) => Promise<void>)[]} parts each throws its signal's reason when
 *   it was ended by it
 * @throws what the first one that failed has thrown
 */
export async function sideBySide(parts) {
  const stop = new AbortController();
  await Promise.all(
    parts.map(async (part) => {
      try {
        await part(stop.signal);
      } catch (error) {
        // The first one is the reason; what comes behind it is its consequence.
        stop.abort(error);
      }
    }),
  );
  stop.signal.throwIfAborted();
}
