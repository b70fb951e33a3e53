import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import t from 'tap';
import { BASELINE, readOptions, SECTIONS, USAGE, UsageError } from '../../../bench/options.js';

const project = new URL('../../../', import.meta.url).pathname;

t.test('without a flag it is a whole run at home', async (t) => {
  t.strictSame(readOptions([]), {
    only: SECTIONS,
    image: undefined,
    baseline: BASELINE,
    repetitions: 5,
    accel: 'auto',
    json: 'bench/results.json',
    write: false,
  });
});

t.test('what --image takes', async (t) => {
  const image = (text: string) => {
    const options = readOptions(['--image', text]);
    return options === 'help' ? options : options.image;
  };
  t.equal(image('live'), 'live');
  for (const spec of ['debian:iso', 'debian:iso,boot=uefi', 'debian', 'file:a.iso', 'nix:.#iso']) {
    t.equal(image(spec), spec);
  }
  t.equal(image('/srv/debian-live.iso'), 'file:/srv/debian-live.iso', 'a path is a file');
  t.equal(image('debian-live.iso'), 'file:debian-live.iso', 'also one that begins like a SPEC');
  t.match(readOptions(['--image', 'live']), {
    repetitions: 3,
    json: 'bench/results-image.json',
  });
});

t.test('what it refuses, and what it says', async (t) => {
  const refused: [string[], RegExp][] = [
    [['--only', 'restore,nonsense'], /--only: got “nonsense”, expected restore, trips, boot/],
    [['--repetitions', '0'], /--repetitions: got “0”, expected a number from 1 to 9999/],
    [['--repetitions', '1.5'], /--repetitions: got “1.5”/],
    [['--accel', 'xen'], /--accel: got “xen”, expected auto, kvm, tcg/],
    [['--image', ''], /--image: got nothing/],
    [['--image', 'live', '--only', 'suite'], /--only is for a run at home/],
    [['--image', 'live', '--baseline', 'none'], /--baseline is for a run at home/],
    [['--write', '--only', 'suite'], /--write keeps whole runs/],
    [['--nonsense'], /--nonsense/],
    [['suite'], /suite/],
  ];
  for (const [args, message] of refused) {
    try {
      readOptions(args);
      t.fail(args.join(' '));
    } catch (error) {
      t.ok(error instanceof UsageError, args.join(' '));
      t.match(error, { message }, args.join(' '));
    }
  }
});

t.test('the command: help, and exit code 2 for a wrong command line', async (t) => {
  const bench = (...args: string[]) =>
    execa(process.execPath, ['--import', 'tsx', 'bench/bench.ts', ...args], {
      cwd: project,
      reject: false,
    });
  const [help, wrong] = await Promise.all([bench('--help'), bench('--accel', 'xen')]);
  t.equal(help.exitCode, 0, help.stderr);
  t.equal(`${help.stdout}\n`, USAGE);
  t.equal(wrong.exitCode, 2);
  t.match(wrong.stderr, /^bench: --accel: got “xen”/);
  t.equal(wrong.stdout, '');
});

t.test('every flag of the usage is on the page', async (t) => {
  const page = await readFile(`${project}bench/README.md`, 'utf8');
  for (const [flag] of USAGE.matchAll(/--[a-z]+/g)) t.ok(page.includes(flag), flag);
});
