// `npm test`: set up, then every check there is, in one queue, and one closing line for all.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { localBin, tree } from './tree.mjs';
import { prepare } from './prepare.mjs';
import { runChild } from './run-child.mjs';
import { SetupError } from './setup-error.mjs';
import { grouped, testFiles } from './test-files.mjs';
import { TEST_HELP, testOptions } from './test-options.mjs';
import { forgetMachines, machinesCommand } from './test-machines.mjs';
import { runQueue } from './test-queue.mjs';
import { readTimes, rememberTimes, shareOf } from './test-times.mjs';
import { runTapJob, Tally } from './tap-job.mjs';

/** Seconds that a file of a stage is expected to take where it has never run. */
const EXPECTED = { nix: 120, vm: 30, unit: 6 };
/** The first check of a stage is expected to take that long; most of it is its start. */
const EXPECTED_CHECK = 20;
const SLOWEST = 5;

const MACHINES = 'machines that tests share';

const secondsSince = (start) => (performance.now() - start) / 1000;

/** One line for a check that says yes or no as a whole. */
const checkJob = (stage, name, tally, times, { file, args, env }) => ({
  ...{ name, stage, seconds: times[name]?.seconds ?? EXPECTED_CHECK },
  run: async () => {
    const start = performance.now();
    const { status, output } = await runChild(file, args, { cwd: tree.root, env });
    tally.check(name, status === 0, secondsSince(start), output);
  },
});

async function lintJobs(tally, times) {
  const { linters } = await import('./linters.mjs');
  return linters().map((linter) => checkJob('lint', `lint: ${linter.name}`, tally, times, linter));
}

function typeJob(tally, times) {
  const info = join(tree.state, 'types.tsbuildinfo');
  const args = ['-p', join(tree.root, 'tsconfig.json'), '--pretty', 'false'];
  return checkJob('types', 'types', tally, times, {
    file: localBin('tsc'),
    args: [...args, '--incremental', '--tsBuildInfoFile', info],
  });
}

/** @param {boolean} anew whether what an earlier run has saved is thrown away */
function machinesJob(tally, times, anew) {
  const command = machinesCommand();
  if (command === undefined) return [];
  const job = checkJob('vm', MACHINES, tally, times, command);
  return [
    {
      ...job,
      // Whatever boots waits for it.
      seconds: Infinity,
      run: async () => {
        if (anew) forgetMachines();
        await job.run();
      },
    },
  ];
}

/** Jobs for test files: those of a group share a process. */
function tapJobs(stage, groups, tally, times, after = []) {
  const nameOf = (files, index) => (files.length === 1 ? files[0] : `${stage} ${String(index)}`);
  return groups.map((files, index) => ({
    name: nameOf(files, index),
    seconds: files.reduce((sum, file) => sum + (times[file]?.seconds ?? EXPECTED[stage]), 0),
    share: files.length === 1 ? shareOf(times[files[0]]) : 1,
    ...{ stage, after },
    run: () => runTapJob(files, tally, { comments: stage !== 'unit', job: nameOf(files, index) }),
  }));
}

const alone = (files) => files.map((file) => [file]);

async function jobsOf(options, tally) {
  const times = readTimes();
  const files = testFiles(options.files);
  const wants = (stage) => options.stages.includes(stage);
  const jobs = [];
  if (wants('lint')) jobs.push(...(await lintJobs(tally, times)));
  if (wants('types')) jobs.push(typeJob(tally, times));
  if (wants('unit')) jobs.push(...tapJobs('unit', grouped(files.unit, times), tally, times));
  if (wants('vm') && files.vm.length > 0) {
    jobs.push(...machinesJob(tally, times, options.files.length === 0));
    jobs.push(...tapJobs('vm', alone(files.vm), tally, times, [MACHINES]));
  }
  if (wants('nix')) jobs.push(...tapJobs('nix', alone(files.nix), tally, times));
  return jobs;
}

/** Runs the jobs, and tells how long each stage took and what was slow. */
async function work(options, tally) {
  const start = performance.now();
  const stages = new Map();
  const timed = (job) => ({
    ...job,
    run: async () => {
      const began = performance.now();
      try {
        await job.run();
      } catch (error) {
        tally.check(job.name, false, secondsSince(began), error.stack ?? String(error));
      }
      const stage = stages.get(job.stage) ?? { jobs: 0, seconds: 0, cpu: 0, end: 0 };
      stage.jobs += 1;
      stage.cpu += tally.cpu.get(job.name) ?? 0;
      stage.seconds += secondsSince(began);
      stage.end = secondsSince(start);
      stages.set(job.stage, stage);
    },
  });
  const jobs = await jobsOf(options, tally);
  await runQueue(jobs.map(timed), availableParallelism());
  for (const [name, { jobs: count, seconds, cpu, end }] of stages) {
    tally.print(
      `# ${name}: ${String(count)} jobs, ${seconds.toFixed(0)} s of work` +
        (cpu > 0 ? `, ${cpu.toFixed(0)} CPU seconds, ` : ', ') +
        `the last ended after ${end.toFixed(0)} s`,
    );
  }
  const times = [...tally.times].sort(([, a], [, b]) => b - a);
  rememberTimes(
    Object.fromEntries(
      times.map(([name, seconds]) => [name, { seconds, cpu: tally.cpu.get(name) }]),
    ),
  );
  for (const [name, seconds] of times.slice(0, SLOWEST)) {
    const cpu = tally.cpu.get(name);
    const used = cpu === undefined ? '' : `, ${cpu.toFixed(1)} CPU seconds`;
    tally.print(`# slow: ${name}: ${seconds.toFixed(1)} s${used}`);
  }
}

/**
 * @param {string[]} args what follows `npm test --`
 * @returns {Promise<number>} exit code; the last line of stdout is `N passed, N failed`
 */
export async function runTests(args) {
  const options = testOptions(args);
  if (options.help) {
    process.stdout.write(TEST_HELP);
    return 0;
  }
  testFiles(options.files);
  const tally = new Tally((text) => process.stdout.write(`${text}\n`));
  const start = performance.now();
  let exitCode = 0;
  try {
    await prepare('test', { mayInstall: options.mayInstall });
    const { compileTests } = await import('./test-compile.mjs');
    await compileTests();
    tally.print(`# set-up: ${secondsSince(start).toFixed(0)} s`);
    await work(options, tally);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    tally.check('set-up', false, 0, error.describe());
    exitCode = error.exitCode;
  }
  if (tally.passed + tally.failed === 0) tally.check('nothing was tested', false, 0, '');
  if (exitCode === 0 && tally.failed > 0) exitCode = 1;
  tally.print(`# in all: ${secondsSince(start).toFixed(0)} s`);
  tally.close();
  return exitCode;
}
