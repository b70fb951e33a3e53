// The shell scripts of driver/: good shell, and what guests get of them does the same.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';

const driver = join(import.meta.dirname, '../../driver');
const scripts = readdirSync(driver, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.sh'))
  .sort();

/** What `npm run generate` has made of a script. */
async function sentOf(script: string): Promise<string> {
  const module = `../../driver/${dirname(script)}/scripts.generated.js`;
  const name = basename(script, '.sh').replace(/-(\w)/g, (_all, letter: string) =>
    letter.toUpperCase(),
  );
  return ((await import(module)) as Record<string, string>)[name] ?? '';
}

/** A script as bash has understood it. Nothing is run. */
async function understood(text: string): Promise<string> {
  const { stdout } = await execa('bash', ['--pretty-print'], { input: text });
  return stdout.replace(/\n+/g, '\n').trim();
}

t.test('scripts', async (t) => {
  t.ok(scripts.length > 20, scripts.join(', '));
  for (const script of scripts) {
    const text = readFileSync(join(driver, script), 'utf8');
    const shell = /^#!\/bin\/(sh|bash)\n/.exec(text)?.[1];
    t.ok(shell, `${script} names its shell`);
    const sent = await sentOf(script);
    for (const reader of shell === 'bash' ? ['bash'] : ['dash', 'bash']) {
      await t.resolves(execa(reader, ['-n', '-c', sent]), `${script}: ${reader}`);
    }
    t.equal(await understood(sent), await understood(text), `${script}: nothing is missing`);
  }
});
