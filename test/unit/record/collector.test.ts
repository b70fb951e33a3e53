import t from 'tap';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { MetadataCollector } from '../../../driver/record/collector.js';
import { recordJsonSchemas } from '../../../driver/record/json-schemas.js';
import { ledgerLine } from '../../../driver/record/ledger-line.js';
import type { Metadata } from '../../../driver/record/metadata-schema.js';
import { createRunDirectory } from '../../../driver/record/run-directory.js';
import { FAILURE, RUNS, Script, scenario, steps } from '../report/streams.js';

const ajv = new Ajv2020({ strict: true, allErrors: true });
formats.default(ajv);
const schema = (name: string) => ajv.compile(JSON.parse(recordJsonSchemas()[name] ?? '') as object);
const validMetadata = schema('metadata.schema.json');
const validLine = schema('ledger.schema.json');

function collector(workingDirectory: string, ceiling = 3600): MetadataCollector {
  return new MetadataCollector({
    runId: 'id-1',
    directory: createRunDirectory(path.join(workingDirectory, 'notes'), new Date(0)),
    workingDirectory,
    command: ['tapboot', 'run', '--image', 'debian'],
    environment: { TAPBOOT_IMAGE: 'debian' },
    timeouts: { spawn_seconds: 900, login_seconds: 300 },
    sessionCeilingSeconds: ceiling,
  });
}

const onDisk = (root: string): { text: string; value: Metadata } => {
  const file = path.join(root, 'notes/1970-01-01T000000Z-vm-run/logs/metadata.json');
  const text = readFileSync(file, 'utf8');
  return { text, value: JSON.parse(text) as Metadata };
};

t.test('a run with two VMs, with all that is known of them', async (t) => {
  const root = t.testdir();
  const metadata = collector(root);
  metadata.setRootKeyFingerprint('SHA256:abc');
  const script = new Script(metadata);
  const [a, b] = [scenario('a'), scenario('b')];
  script.begin([a, 1], [b, 1]);
  metadata.setVm('main', { ssh: { host: '127.0.0.1', port: 40022, executable: '/usr/bin/ssh' } });
  metadata.setVm('main', { diskImage: '/tmp/vda', extraDisks: ['/tmp/vdb', '/tmp/vdc'] });
  const bootedAt = '2026-01-02T03:00:00.000Z';
  metadata.setVm('main', {
    origin: { kind: 'restored', key: 'k', bootedAt, sameRun: false },
  });
  metadata.setVm('main', { kernel: { text: 'quiet', source: 'guest' } });
  metadata.setVm('main', { bootToLoginSeconds: 5.12345, bootToSshSeconds: 7.9996 });
  const [step] = steps('one');
  script.start(a, [step!]);
  script.step(a, step!, FAILURE);
  script.end(a, 'failed', FAILURE);
  script.emit({ type: 'vm:start', vm: 'second', argv: ['qemu', '-x'], version: 'QEMU 7.2' });
  script.emit({
    type: 'scenario:machine',
    scenario: b,
    vm: 'second',
    origin: { kind: 'booted', bootedAt },
  });
  metadata.setVm('second', { origin: { kind: 'booted', bootedAt } });
  script.end(b, 'passed');
  script.emit({ type: 'vm:end', vm: 'second', reason: 'powered off' });
  metadata.addDiagnostic({ label: 'dmesg', path: path.join(root, 'notes/d.log') }, 'second');
  await script.finish();
  metadata.write();
  const { text, value } = onDisk(root);
  t.ok(validMetadata(value), JSON.stringify(validMetadata.errors));
  t.match(value, {
    run_id: 'id-1',
    driver_version: '0.1.0',
    outcome: 'failed',
    exit_code: 1,
    artifact: { root_key_fingerprint: 'SHA256:abc' },
    logs: {
      harness: 'notes/1970-01-01T000000Z-vm-run/logs/harness.log',
      serial: 'notes/1970-01-01T000000Z-vm-run/logs/serial.log',
    },
    qemu: {
      command: ['qemu-system-x86_64', '-m', '512'],
      version: 'QEMU 7.2',
      disk_image: '/tmp/vda',
      extra_disks: ['/tmp/vdb', '/tmp/vdc'],
    },
    ssh: { host: '127.0.0.1', port: 40022, executable: '/usr/bin/ssh' },
    origin: { kind: 'restored', state: 'k', booted_at: bootedAt, same_run: false },
    diagnostics: { artifacts: FAILURE.artifacts },
    timings: { build_seconds: 24.5, boot_to_login_seconds: 5.123, boot_to_ssh_seconds: 8 },
    environment: { TAPBOOT_IMAGE: 'debian' },
    command: ['tapboot', 'run', '--image', 'debian'],
    session_ceiling_exceeded: false,
    accelerator: { name: 'tcg' },
    scenarios: [
      { id: 'a', outcome: 'failed', class: 'product', seconds: 2, start: 'restored' },
      { id: 'b', outcome: 'passed', seconds: 2, start: 'booted' },
    ],
    vms: [
      {
        name: 'main',
        scenarios: ['a'],
        logs: { serial: /logs\/serial\.log$/ },
        kernel_command_line: { text: 'quiet', source: 'guest' },
      },
      {
        name: 'second',
        origin: { kind: 'booted', booted_at: bootedAt },
        end_reason: 'powered off',
        scenarios: ['b'],
        logs: { serial: /logs\/vms\/second\/serial\.log$/ },
        diagnostics: { artifacts: [{ label: 'dmesg', path: 'notes/d.log' }] },
      },
    ],
  });
  t.notOk('class' in value.scenarios[1]!, 'no failure, no class');
  t.notOk('ssh' in value.vms[1]!, 'unknown is absent');
  t.match(text, /^\{\n {2}"accelerator": /, 'two blanks, sorted keys');
  const line = JSON.parse(
    JSON.stringify(ledgerLine(value, { metadataPath: 'm.json', timestamp: new Date(0) })),
  ) as Record<string, unknown>;
  t.ok(validLine(line), JSON.stringify(validLine.errors));
  t.strictSame(line['driver_args'], ['run', '--image', 'debian']);
  t.equal(line['start'], 'restored', 'how the first came to be, whose times the line has');
  t.strictSame(line['diagnostics'], [
    ...FAILURE.artifacts,
    { label: 'dmesg', path: 'notes/d.log' },
  ]);
});

for (const [name, run] of Object.entries(RUNS)) {
  t.test(`${name}: valid after every event and at the end`, async (t) => {
    const metadata = collector(t.testdir());
    const bad: string[] = [];
    const check = {
      handle: (event: { type: string }) => {
        const value: unknown = JSON.parse(JSON.stringify(metadata.snapshot()));
        if (!validMetadata(value))
          bad.push(`${event.type}: ${ajv.errorsText(validMetadata.errors)}`);
      },
    };
    await run(new Script(metadata, check));
    t.strictSame(bad, []);
    t.strictSame(metadata.write(), []);
    const line: unknown = JSON.parse(
      JSON.stringify(ledgerLine(metadata.snapshot(), { metadataPath: 'm', timestamp: new Date() })),
    );
    t.ok(validLine(line), ajv.errorsText(validLine.errors));
  });
}

t.test('queued and never begun scenarios are in the record as what they are', async (t) => {
  const queued = collector(t.testdir());
  await RUNS['queued']!(new Script(queued));
  t.strictSame(
    queued.scenarios().map(({ id, outcome }) => [id, outcome]),
    [
      ['s3', 'passed'],
      ['s1', 'queued'],
    ],
  );
});

t.test('an hour or more is flagged', async (t) => {
  // The script's run takes a few seconds of its own clock.
  for (const [ceiling, flagged] of [
    [1, true],
    [3600, false],
  ] as const) {
    const metadata = collector(t.testdir({}), ceiling);
    await RUNS['passed']!(new Script(metadata));
    t.equal(metadata.snapshot().session_ceiling_exceeded, flagged);
  }
});

t.test('a violation is found, by our own check and by the published schema', async (t) => {
  const metadata = collector(t.testdir());
  metadata.setVm('main', { ssh: { host: '127.0.0.1', port: 0 }, bootToLoginSeconds: -1 });
  const problems = metadata.write();
  t.match(problems, [
    /^ssh\.port: /,
    /^timings\.boot_to_login_seconds: /,
    /^vms\.0\./,
    /^vms\.0\./,
  ]);
  t.notOk(validMetadata(JSON.parse(JSON.stringify(metadata.snapshot()))));
});

t.test('the published schemas are current', async (t) => {
  for (const [name, text] of Object.entries(recordJsonSchemas())) {
    const file = path.join(import.meta.dirname, '../../../docs/schemas', name);
    t.equal(readFileSync(file, 'utf8'), text, `docs/schemas/${name}`);
  }
});
