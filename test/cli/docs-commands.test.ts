import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';

const root = join(import.meta.dirname, '../..');

/** Starts no machine and changes nothing: such a command is run as it stands. */
const QUICK =
  /^(bin\/)?tapboot (list|check|plan|schema|explain|doctor|--help|--version|notes prune --dry-run|snapshot (list|--help)|(run|history|image build|image info|report) --help)\b(?!.*--probe)|^npm test -- --help$/;

interface Command {
  text: string;
  file: string;
  block: 'console' | 'sh';
}

/** Commands of a page: `$ …` lines of console blocks, and every line of sh blocks. */
function commandsOf(page: string, file: string): Command[] {
  const found: Command[] = [];
  for (const [, kind = '', body = ''] of page.matchAll(/^```(\w*)\n([^]*?)^```$/gm)) {
    if (kind !== 'console' && kind !== 'sh') continue;
    for (const line of body.split('\n')) {
      const prompt = kind === 'console' ? /^\$ (.*)$/.exec(line)?.[1] : line;
      const text = prompt?.replace(/\s+# .*$/, '').trim() ?? '';
      if (text !== '' && !text.startsWith('#')) found.push({ text, file, block: kind });
    }
  }
  return found;
}

/** Done from its first line to its last by test/vm/tutorial.soak.ts. */
const TUTORIAL = 'docs/tutorial.md';

async function pages(): Promise<string[]> {
  const docs = await readdir(join(root, 'docs'), { recursive: true });
  return [
    'README.md',
    ...docs.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
  ];
}

async function allCommands(): Promise<Command[]> {
  const found: Command[] = [];
  for (const file of await pages()) {
    if (file === TUTORIAL) continue;
    found.push(...commandsOf(await readFile(join(root, file), 'utf8'), file));
  }
  return found;
}

/** The rows of docs/unproven.md by their command. */
async function unproven(): Promise<string[]> {
  const page = await readFile(join(root, 'docs/unproven.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(.+?)` \| (.+?) \| (.+?) \|$/gm)];
  return rows.map(([, command = '']) => command);
}

t.test('every command of the documentation is run here, or listed with a reason', async (t) => {
  const listed = await unproven();
  const commands = await allCommands();
  t.ok(commands.length > 10, 'the search finds commands');
  for (const { text, file, block } of commands) {
    const proven = block === 'console' && QUICK.test(text);
    t.ok(proven || listed.includes(text), `${file}: ${text}`);
    t.notOk(proven && listed.includes(text), `${text} is run, so not unproven`);
  }
  for (const text of listed) {
    t.ok(
      commands.some((command) => command.text === text),
      `${text} still stands in a page`,
    );
  }
});

t.test('the commands that can be run here work as they stand', async (t) => {
  const commands = (await allCommands()).filter(({ block }) => block === 'console');
  const texts = new Set(commands.map(({ text }) => text).filter((text) => QUICK.test(text)));
  for (const text of texts) {
    const { exitCode, stdout, stderr } = await execa('bash', ['-c', text], {
      cwd: root,
      reject: false,
      env: { PATH: `${join(root, 'bin')}:${process.env['PATH'] ?? ''}` },
    });
    t.equal(exitCode, 0, `${text}\n${stderr}`);
    t.not(stdout, '', text);
  }
});

t.test('links between pages lead somewhere', async (t) => {
  const known = new Set(await pages());
  for (const file of known) {
    const page = await readFile(join(root, file), 'utf8');
    for (const [, target = ''] of page.matchAll(/\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g)) {
      const path = join(root, file, '..', target);
      t.ok(
        await readdir(path).then(
          () => true,
          () =>
            readFile(path).then(
              () => true,
              () => false,
            ),
        ),
        `${file}: ${target}`,
      );
    }
  }
});

t.test('the scenario in the README is one that tapboot accepts', async (t) => {
  const page = await readFile(join(root, 'README.md'), 'utf8');
  const scenarios = [...page.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, text = '']) => text);
  t.ok(scenarios.length > 0, 'the search finds one');
  for (const text of scenarios) {
    const directory = t.testdir({ 'example.yaml': text });
    const { exitCode, stderr } = await execa(
      join(root, 'bin/tapboot'),
      ['check', join(directory, 'example.yaml')],
      { reject: false },
    );
    t.equal(exitCode, 0, stderr);
  }
});
