// A queue of jobs for as many cores as there are.

/**
 * @typedef {object} Job
 * @property {string} name unique
 * @property {number} seconds how long it is expected to take: the longest begins first
 * @property {number} [share] of a core that it is expected to keep busy, above 0 and at most 1;
 *   the default is 1. A job that mostly waits leaves the rest of its core to others
 * @property {string[]} [after] names of jobs that must have ended; unknown ones count as ended
 * @property {() => Promise<void>} run rejects only for what is a defect of the queue's user
 */

/** Shares are of earlier runs: so much above the cores does no harm, and leaves none idle. */
const SLACK = 0.3;
/** Jobs at a time for each core, however little they are expected to do. */
const MOST = 2;

/**
 * Runs all jobs, the longest first, as many at a time as the cores are expected to carry.
 * @param {Job[]} jobs
 * @param {number} cores at least 1
 */
export async function runQueue(jobs, cores) {
  const waiting = [...jobs].sort((a, b) => b.seconds - a.seconds);
  const open = new Set(jobs.map(({ name }) => name));
  const running = new Map();
  let busy = 0;
  const fits = ({ after = [], share = 1 }) =>
    (running.size === 0 || (running.size < MOST * cores && busy + share <= cores + SLACK)) &&
    after.every((name) => !open.has(name));
  while (open.size > 0) {
    for (let next; (next = waiting.findIndex(fits)) >= 0;) {
      const [job] = waiting.splice(next, 1);
      busy += job.share ?? 1;
      running.set(
        job.name,
        job.run().then(() => job),
      );
    }
    if (running.size === 0) throw new Error(`jobs wait for each other: ${[...open].join(', ')}`);
    const { name, share = 1 } = await Promise.race(running.values());
    running.delete(name);
    open.delete(name);
    busy -= share;
  }
}
