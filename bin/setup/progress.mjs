// What set-up says, always on stderr: stdout belongs to TAP.
const out = process.stderr;
const live = out.isTTY === true && process.env.TERM !== 'dumb' && process.env.CI === undefined;

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Stages under way, in the order in which they began. */
const active = new Set();
let timer;

function clear() {
  if (live) out.write('\r\x1b[K');
}

/** On a terminal, what goes on now: one line for all stages. */
function draw() {
  const stages = [...active].map(
    ({ name, start, text }) => `${name} … ${seconds(start)}${text ? ` (${text})` : ''}`,
  );
  const line = `set-up: ${stages.join(', ')}`;
  out.write(`\r\x1b[K${line.slice(0, (out.columns ?? 80) - 1)}`);
}

function begin(entry) {
  active.add(entry);
  if (live) timer ??= setInterval(draw, 250);
}

function end(entry) {
  active.delete(entry);
  clear();
  if (active.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}

/** A line that stays. */
export function say(line) {
  clear();
  out.write(`${line}\n`);
}

/**
 * Runs one stage and shows it: its name while it works, its result and time when it is done.
 * Several may be under way. The work gets `note(text)`, shown behind the name on a terminal, and
 * returns the result's text. `quiet` keeps a stage that took under a second off the output.
 * @param {{ quiet?: boolean, signal?: AbortSignal }} [options] `signal`: what ends the work when
 *   another stage has failed; it is told apart from a failure of its own
 */
export async function stage(name, work, { quiet = false, signal } = {}) {
  const entry = { name, start: performance.now(), text: '' };
  begin(entry);
  if (live && !quiet) draw();
  try {
    const result = await work((note) => {
      entry.text = note;
    });
    const took = performance.now() - entry.start;
    if (!quiet || took > 1000) say(`set-up: ${name}: ${result} (${seconds(entry.start)})`);
    return result;
  } catch (error) {
    const ending = signal?.aborted === true ? 'stopped' : 'failed';
    say(`set-up: ${name}: ${ending} (${seconds(entry.start)})`);
    throw error;
  } finally {
    end(entry);
  }
}
