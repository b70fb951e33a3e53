import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openReports } from '../../../../driver/report/open-reports.js';
import { buildProducts } from '../../../../driver/report/formats/hydra.js';
import { RunTable } from '../../../../driver/report/run-table.js';
import { RETRIED, RUNS, scenario, Script } from '../streams.js';
import { mixedRun } from './mixed-run.js';

/** A line of hydra-build-products as Hydra's build-result.cc matches it; others vanish there. */
const PRODUCT = /^([a-zA-Z0-9_-]+)\s+([a-zA-Z0-9_-]+)\s+("[^"]+"|[^\s<>"]+)(\s+([^\s<>]+))?$/;

/** A line of hydra-metrics as Hydra takes it. */
function metric(line: string): { name: string; value: number; unit: string } | undefined {
  const [name = '', value = '', unit = ''] = line.split(/[ \t\n\r]+/);
  if (!/^[a-zA-Z0-9._-]+$/.test(name) || !/^[+-]?\d/.test(value)) return undefined;
  return {
    name,
    value: Number.parseFloat(value),
    unit: /^[a-zA-Z0-9._%-]*$/.test(unit) ? unit : '?',
  };
}

t.test('every line is one that Hydra takes', async (t) => {
  for (const [name, run] of Object.entries({ ...RUNS, ...RETRIED, mixed: mixedRun })) {
    const directory = t.testdir({});
    const reports = await openReports({
      reports: [
        `hydra=${join(directory, 'nix-support')}`,
        `junit=${join(directory, 'a b <c>.xml')}`,
      ],
      workingDirectory: '/w',
      environment: {},
      stderr: process.stderr,
      retries: true,
    });
    const script = new Script(...reports.sinks);
    await run(script);
    t.strictSame(await reports.close(), []);
    const file = (leaf: string): string =>
      readFileSync(join(directory, 'nix-support', leaf), 'utf8');
    const products = file('hydra-build-products').trimEnd().split('\n');
    t.equal(products.length, 1, 'what is there is listed, and nothing else');
    for (const line of products) t.match(line, PRODUCT, name);
    t.match(PRODUCT.exec(products[0] ?? '')?.[3], `"${join(directory, 'a b <c>.xml')}"`);
    const metrics = file('hydra-metrics').trimEnd().split('\n').map(metric);
    t.notOk(metrics.includes(undefined), `${name}: all metrics are read`);
    t.notOk(
      metrics.some((one) => one?.unit === '?'),
      'with their units',
    );
    const names = metrics.map((one) => one?.name);
    t.equal(new Set(names).size, names.length, 'each name once: Hydra keeps the last');
    t.equal(
      existsSync(join(directory, 'nix-support/failed')),
      script.exit !== 0,
      `${name}: failed`,
    );
  }
});

t.test('the run directory is listed, and its timings are metrics', async (t) => {
  const directory = t.testdir({
    logs: {
      'harness.log': '',
      'metadata.json': JSON.stringify({ timings: { boot_to_ssh_seconds: 7.25, start: 'x' } }),
    },
  });
  const reports = await openReports({
    reports: [`hydra=${join(directory, 'h')}`],
    workingDirectory: '/w',
    environment: {},
    stderr: process.stderr,
    retries: false,
  });
  const script = new Script(...reports.sinks);
  const ref = scenario('a b[c=1]');
  script.emit({
    type: 'run:start',
    run: 'r',
    directory,
    command: [],
    version: '1',
    scenarios: [{ ...ref, steps: 0, tags: [] }],
  });
  script.start(ref, []);
  script.end(ref, 'passed');
  await script.finish();
  await reports.close();
  const metrics = readFileSync(join(directory, 'h/hydra-metrics'), 'utf8');
  t.match(metrics, /^boot_to_ssh_seconds 7\.25 s$/m);
  t.match(metrics, /^total_seconds 83 s$/m);
  t.match(metrics, /^scenario\.a-b-c-1-\.seconds 2 s$/m);
  t.match(readFileSync(join(directory, 'h/hydra-build-products'), 'utf8').split('\n'), [
    `file log ${directory}/logs/harness.log`,
    `file json ${directory}/logs/metadata.json`,
    '',
  ]);
});

t.test('a file that Hydra cannot name is an error, not a line that vanishes', async (t) => {
  const directory = t.testdir({});
  const target = join(directory, 'a"b.xml');
  mkdirSync(directory, { recursive: true });
  writeFileSync(target, '');
  const others = [{ format: 'junit', target, product: { type: 'report', subtype: 'junit' } }];
  t.throws(() => buildProducts(new RunTable(), { others }), /Hydra cannot take a path/);
});
