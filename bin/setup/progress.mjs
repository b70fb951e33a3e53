// What set-up says, always on stderr: stdout belongs to TAP.
const out = process.stderr;
const live = out.isTTY === true && process.env.TERM !== 'dumb' && process.env.CI === undefined;

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** A line that stays. */
export function say(line) {
  if (live) out.write('\r\x1b[K');
  out.write(`${line}\n`);
}

/**
 * Runs one stage and shows it: its name while it works, its result and time when it is done.
 * The work gets `note(text)`, shown behind the name on a terminal, and returns the result's
 * text. `quiet` keeps a stage that took under a second off the output.
 */
export async function stage(name, work, { quiet = false } = {}) {
  const start = performance.now();
  let text = '';
  const draw = () => {
    const line = `set-up: ${name} … ${seconds(start)}${text ? ` (${text})` : ''}`;
    out.write(`\r\x1b[K${line.slice(0, (out.columns ?? 80) - 1)}`);
  };
  const timer = live ? setInterval(draw, 250) : undefined;
  if (live && !quiet) draw();
  try {
    const result = await work((note) => {
      text = note;
    });
    const took = performance.now() - start;
    if (!quiet || took > 1000) say(`set-up: ${name}: ${result} (${seconds(start)})`);
    return result;
  } finally {
    clearInterval(timer);
    if (live) out.write('\r\x1b[K');
  }
}
