// A queue of jobs for as many cores as there are.

/**
 * @typedef {object} Job
 * @property {string} name unique
 * @property {number} seconds how long it is expected to take: the longest begins first
 * @property {string[]} [after] names of jobs that must have ended; unknown ones count as ended
 * @property {() => Promise<void>} run rejects only for what is a defect of the queue's user
 */

/**
 * Runs all jobs, `tokens` of them at a time, the longest first.
 * @param {Job[]} jobs
 * @param {number} tokens at least 1
 */
export async function runQueue(jobs, tokens) {
  const waiting = [...jobs].sort((a, b) => b.seconds - a.seconds);
  const open = new Set(jobs.map(({ name }) => name));
  const running = new Map();
  const ready = ({ after = [] }) => after.every((name) => !open.has(name));
  while (open.size > 0) {
    for (let next; running.size < tokens && (next = waiting.findIndex(ready)) >= 0;) {
      const [job] = waiting.splice(next, 1);
      running.set(
        job.name,
        job.run().then(() => job.name),
      );
    }
    if (running.size === 0) throw new Error(`jobs wait for each other: ${[...open].join(', ')}`);
    const ended = await Promise.race(running.values());
    running.delete(ended);
    open.delete(ended);
  }
}
