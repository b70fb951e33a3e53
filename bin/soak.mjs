// `npm run soak`: repetitions that take too long for `npm test`, one after the other, with a table.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tree } from './setup/tree.mjs';
import { prepare } from './setup/prepare.mjs';
import { exitWith } from './setup/ensure-built.mjs';
import { compileTests } from './setup/test-compile.mjs';
import { machinesCommand } from './setup/test-machines.mjs';
import { runChild } from './setup/run-child.mjs';
import { runTapJob, Tally } from './setup/tap-job.mjs';

const HELP = `usage: npm run soak -- [--resume] [--list] [--write] [NAME…]

Runs what takes too long for \`npm test\`: NAME.soak.ts below test/, and as NAME.test the file of that
name with the parts that are left out there; all of them when none is named, one after the other, for hours.
--resume: leave out what has passed on this very tree already
--list: print the names, run nothing
--write: put the table into docs/soak.md
The last line is \`N passed, N failed\`; the exit code is 0 when nothing failed.
`;

const file = join(tree.state, 'soak.json');
const page = join(tree.root, 'docs', 'soak.md');
const MARKS = ['<!-- soak -->', '<!-- /soak -->'];

/** A digest of all that git would commit now: what has passed holds for this tree alone. */
function treeId() {
  const git = (args, env) =>
    execFileSync('git', args, {
      cwd: tree.root,
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });
  const index = join(tree.state, 'soak-index');
  const env = { GIT_INDEX_FILE: index };
  git(['read-tree', 'HEAD'], env);
  git(['add', '--all', '--', '.', ':!docs/soak.md'], env);
  return git(['write-tree'], env).trim();
}

const readResults = () => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {});

function remember(results) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`);
}

/**
 * The soaks by name: files of test/soak/, the long forms that lie beside a test, and the test
 * files of which a part is left out elsewhere (test/helpers/soak.ts).
 */
function soaks() {
  const files = readdirSync(join(tree.root, 'test'), { recursive: true }).map((file) =>
    join('test', file),
  );
  const partly = (file) =>
    readFileSync(join(tree.root, file), 'utf8').includes("/helpers/soak.js'");
  const long = files.flatMap((file) => {
    const [, name, kind] = /([^/]*)\.(soak|test)\.ts$/.exec(file) ?? [];
    if (kind === 'soak') return [[name, file]];
    // A test whose long form is a file of its own may leave something out as well.
    return kind === 'test' && partly(file) ? [[`${name}.test`, file]] : [];
  });
  return new Map(long.sort());
}

/** A row for each soak that has run: assertions, minutes, date, and what it measured. */
function table(results) {
  const rows = Object.entries(results)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(
      ([name, { passed, failed, seconds, date, figures }]) =>
        `| ${name} | ${passed} | ${failed} | ${(seconds / 60).toFixed(1)} | ${date} | ${figures.join('; ')} |`,
    );
  return [
    '| soak | passed | failed | minutes | on | figures |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function writePage(text) {
  const [begin, end] = MARKS;
  const old = readFileSync(page, 'utf8');
  const head = old.slice(0, old.indexOf(begin) + begin.length);
  writeFileSync(page, `${head}\n\n${text}\n\n${old.slice(old.indexOf(end))}`);
}

async function bootMachines(tally) {
  const command = machinesCommand();
  if (command === undefined) return;
  const { status, output } = await runChild(command.file, command.args, {
    cwd: tree.root,
    env: command.env,
  });
  if (status !== 0) tally.check('machines that tests share', false, 0, output);
}

async function soak(source, tally) {
  const start = performance.now();
  const said = [];
  const quiet = new Tally((text) => {
    said.push(text);
    tally.print(text);
  });
  await runTapJob([source], quiet, { comments: true, env: { TAPBOOT_SOAK: '1' } });
  const figures = [...said.join('\n').matchAll(/# figure: (.*)/g)].map(([, text]) => text);
  tally.passed += quiet.passed;
  tally.failed += quiet.failed;
  const date = new Date().toISOString().slice(0, 10);
  const seconds = (performance.now() - start) / 1000;
  return { passed: quiet.passed, failed: quiet.failed, seconds, date, figures };
}

async function main(args) {
  const flags = new Set(args.filter((arg) => arg.startsWith('--')));
  if (flags.has('--help')) return void process.stdout.write(HELP);
  const files = soaks();
  const known = [...files.keys()];
  const wanted = args.filter((arg) => !arg.startsWith('--'));
  const unknown = [...flags].find(
    (flag) => !['--resume', '--list', '--write', '--help'].includes(flag),
  );
  const strange = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined || strange !== undefined) {
    const what =
      unknown === undefined ? `there is no soak ${strange}` : `unknown option ${unknown}`;
    process.stderr.write(`soak: ${what}\nknown: ${known.join(', ')}\n\n${HELP}`);
    process.exitCode = 2;
    return;
  }
  if (flags.has('--list')) return void process.stdout.write(`${known.join('\n')}\n`);
  await prepare('test', { mayInstall: true });
  await compileTests();
  const tally = new Tally((text) => process.stdout.write(`${text}\n`));
  await bootMachines(tally);
  const id = treeId();
  for (const name of wanted.length > 0 ? wanted : known) {
    const earlier = readResults()[name];
    if (flags.has('--resume') && earlier?.tree === id && earlier.failed === 0) {
      tally.print(`ok   ${name}: has passed on this tree before`);
      tally.passed += earlier.passed;
      continue;
    }
    const result = await soak(files.get(name), tally);
    remember({ ...readResults(), [name]: { ...result, tree: id } });
  }
  const text = table(readResults());
  tally.print(text);
  if (flags.has('--write')) writePage(text);
  if (tally.passed + tally.failed === 0) tally.check('nothing was tested', false, 0, '');
  if (tally.failed > 0) process.exitCode = 1;
  tally.close();
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  exitWith(error);
}
