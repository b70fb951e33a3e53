import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { stepSummary } from '../../../../driver/report/github-summary.js';
import { annotations } from '../../../../driver/report/formats/github.js';
import { RunTable } from '../../../../driver/report/run-table.js';
import { openReports } from '../../../../driver/report/open-reports.js';
import { FAILURE, RUNS, scenario, Script, steps } from '../streams.js';
import { KNOWN, mixedRun } from './mixed-run.js';

async function tableOf(run: (script: Script) => Promise<void>): Promise<RunTable> {
  const table = new RunTable();
  await run(new Script(table));
  return table;
}

interface Command {
  name: string;
  properties: Record<string, string>;
  message: string;
}

/** Workflow commands as GitHub's runner reads them: `::name key=value,…::message`, unescaped. */
function runnerReads(line: string): Command | undefined {
  const found = /^::([a-z-]+)(?: ([^:]*(?::(?!:)[^:]*)*))?::(.*)$/.exec(line);
  if (found === null) return undefined;
  const unescape = (text: string): string =>
    text
      .replaceAll('%0D', '\r')
      .replaceAll('%0A', '\n')
      .replaceAll('%3A', ':')
      .replaceAll('%2C', ',')
      .replaceAll('%25', '%');
  const pairs = (found[2] ?? '').split(',').map((pair) => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), unescape(pair.slice(at + 1))] as const;
  });
  return {
    name: found[1] ?? '',
    properties: Object.fromEntries(pairs),
    message: unescape(found[3] ?? ''),
  };
}

t.test('each line is one command that the runner understands', async (t) => {
  for (const [name, run] of Object.entries({ ...RUNS, mixed: mixedRun })) {
    const text = annotations(await tableOf(run), { workingDirectory: '/w' });
    for (const line of text.split('\n').filter((one) => one !== '')) {
      const command = runnerReads(line);
      t.match(command?.name, /^(error|warning)$/, `${name}: ${line}`);
      t.match(command?.properties['title'], /./);
    }
  }
});

t.test('an annotation is at its line, from the top of the repository', async (t) => {
  const table = await tableOf(RUNS['failed']!);
  const place = { workingDirectory: '/repo/vm', workspace: '/repo' };
  const [command] = annotations(table, place).split('\n').map(runnerReads);
  t.match(command, {
    name: 'error',
    properties: { file: 'vm/scenarios/residue.yaml', line: '12', col: '5' },
  });
  t.match(command?.message, /stdout contains: expected STATE=applied\n/);
  t.match(command?.properties['title'], /: product$/);
});

t.test('GitHub’s limits: ten of a level, the rest counted; a summary below its size', async (t) => {
  const many = Array.from({ length: 25 }, (_, index) => scenario(`s${String(index)}`));
  const table = await tableOf(async (script) => {
    script.begin(...many.map((ref): [typeof ref, number] => [ref, 1]));
    for (const [index, ref] of many.entries()) {
      const failure = index < 12 ? FAILURE : KNOWN;
      script.start(ref, steps('x'));
      script.end(ref, index < 12 ? 'failed' : 'known', failure);
    }
    await script.finish();
  });
  const commands = annotations(table, { workingDirectory: '/w' }).trimEnd().split('\n');
  const read = commands.map(runnerReads);
  const errors = read.filter((one) => one?.name === 'error');
  const warnings = read.filter((one) => one?.name === 'warning');
  t.same([errors.length, warnings.length], [10, 10]);
  t.match(errors.at(-1)?.properties['title'], '3 more errors');
  t.match(errors.at(-1)?.message, /^s9: product\ns10: product\ns11: product$/);
  t.match(warnings.at(-1)?.properties['title'], '4 more warnings');

  const whole = stepSummary(table, 1024 * 1024);
  t.match(whole, /^## tapboot: failed$/m);
  t.notMatch(whole, 'does not fit');
  for (const most of [100, 1000, 5000]) {
    const cut = stepSummary(table, most);
    t.ok(Buffer.byteLength(cut) <= most, String(most));
    t.equal(cut.match(/<details>/g)?.length, cut.match(/<\/details>/g)?.length, 'whole pieces');
  }
  t.match(stepSummary(table, 5000), 'does not fit');
});

t.test('nothing of a name becomes markup', async (t) => {
  const ref = scenario('s', '| <img src=x> [a](http://b) `c` @team');
  const table = await tableOf(async (script) => {
    script.begin([ref, 1]);
    script.start(ref, steps('x'));
    script.end(ref, 'failed', { ...FAILURE, message: '```\n</details>' });
    await script.finish();
  });
  const text = stepSummary(table, 1024 * 1024);
  const row = text.split('\n').find((line) => line.includes('❌'));
  t.equal(row?.split(/(?<!\\)\|/).length, 7, 'five cells');
  t.notMatch(text, /(?<!\\)<img/);
  t.match(text, /^````text$/m, 'a fence longer than the one inside');
});

t.test('the summary is added to what the step has told already', async (t) => {
  const directory = t.testdir({ summary: 'before\n' });
  const summary = join(directory, 'summary');
  const written: string[] = [];
  const reports = await openReports({
    reports: ['github'],
    workingDirectory: '/w',
    environment: { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary },
    stderr: {
      write: (text, done) => {
        written.push(Buffer.from(text).toString());
        done();
        return true;
      },
      on: () => undefined,
    },
    retries: false,
  });
  await mixedRun(new Script(...reports.sinks));
  t.strictSame(await reports.close(), []);
  t.match(readFileSync(summary, 'utf8'), /^before\n## tapboot/);
  t.match(written.join(''), /^::error /);
  t.ok(statSync(summary).size < 1024 * 1024);
});
