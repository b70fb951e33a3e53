// The tutorial, as a reader would follow it: its files are written, its commands are typed, in the
// order of the page, into one shell.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { userCacheDirectory } from '../../driver/config/cache-directory.js';
import { Place, projectRoot } from '../helpers/run-tapboot.js';

t.setTimeout(30 * 60_000);

/** What the page says to do, and what must come of it. */
type Act =
  | { kind: 'command'; text: string; fails: boolean }
  | { kind: 'file'; path: string; content: string };

/** Commands that the page shows failing, by their place in the order of all that are alike. */
const FAILS = [/^tapboot run /, /-- sh -x /];

/** Blocks of a page in their order. Files are named at the end of the sentence before theirs. */
function actsOf(page: string): Act[] {
  const acts: Act[] = [];
  const failed = new Set<RegExp>();
  for (const match of page.matchAll(/^```(\w+)\n([^]*?)^```$/gm)) {
    const [, language = '', body = ''] = match;
    if (language === 'sh') {
      for (const text of body.trimEnd().split('\n')) {
        const way = FAILS.find((pattern) => pattern.test(text) && !failed.has(pattern));
        if (way !== undefined) failed.add(way);
        acts.push({ kind: 'command', text, fails: way !== undefined });
      }
      continue;
    }
    const path = /`([^`]+)`:\s*$/.exec(page.slice(0, match.index))?.[1];
    if (path === undefined) throw new Error(`where does this file belong?\n${body}`);
    acts.push({ kind: 'file', path, content: body });
  }
  return acts;
}

interface Outcome {
  code: number;
  /** Both streams. */
  said: string;
  seconds: number;
}

/** A home of the test's own, with the images that are in the cache already. */
function homeIn(place: Place): Record<string, string> {
  const cache = dirname(userCacheDirectory({ HOME: homedir(), ...process.env }));
  return place.environment({ HOME: place.directory, XDG_CACHE_HOME: cache });
}

/** One shell for all of the page: it remembers its directory and its variables. */
function shell(place: Place) {
  const child = execa('bash', ['-s'], {
    cwd: projectRoot,
    env: homeIn(place),
    extendEnv: false,
    reject: false,
    buffer: false,
  });
  let output = '';
  let wake: () => void = () => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      wake();
    });
  }
  return {
    async type(text: string): Promise<Outcome> {
      output = '';
      const began = performance.now();
      // Commands of the page must not read what is typed next.
      child.stdin.write(`{ ${text}\n} < /dev/null\nprintf '\\n@%s@%s@\\n' $? "$PWD"\n`);
      for (;;) {
        const end = /\n@(\d+)@(.*)@\n$/.exec(output);
        if (end !== null) {
          const seconds = (performance.now() - began) / 1000;
          return { code: Number(end[1]), said: output.slice(0, end.index), seconds };
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async leave(): Promise<void> {
      child.stdin.end();
      await child;
    },
  };
}

t.test('the tutorial works as it stands', async (t) => {
  const acts = actsOf(await readFile(join(projectRoot, 'docs/tutorial.md'), 'utf8'));
  const place = await Place.make(t, { states: 'none', capsules: true });
  const bash = shell(place);
  const said = new Map<string, string[]>();
  let total = 0;
  for (const act of acts) {
    if (act.kind === 'file') {
      const file = join(place.directory, 'my-image', act.path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, act.content);
      continue;
    }
    const outcome = await bash.type(act.text);
    total += outcome.seconds;
    t.comment(`${outcome.seconds.toFixed(1)} s  ${act.text}`);
    t.equal(outcome.code !== 0, act.fails, `${act.text}\n${outcome.said}`);
    const key = act.text.split(' ').slice(0, 2).join(' ');
    said.set(key, [...(said.get(key) ?? []), outcome.said]);
  }
  t.comment(`${total.toFixed(0)} s of waiting, from the first command to the last`);
  await bash.leave();

  const [failing = '', passing = '', again = ''] = said.get('tapboot run') ?? [];
  t.match(failing, /not ok 1 - The greeting shows the number of disks/);
  t.match(failing, /greeting\.service/, 'the unit is named');
  t.match(failing, /tapboot open \S+capsule\.tar\.zst/, 'the failure names the command to open it');
  t.match(passing, /^ok 1 - The greeting shows the number of disks/m);
  t.match(again, /restored from .* in an earlier run/, 'the second pass needs no boot');
  const [disks = '', traced = ''] = said.get('tapboot open') ?? [];
  t.match(disks, /^vda +1G\n[^]*^vdb +1G$/m);
  t.match(traced, /grep -c \^sd/);
  t.equal(said.get('tapboot run')?.length, 3);
  await place.expectNothingLeft(t);
});
