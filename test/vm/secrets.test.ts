// A run whose scenario redacts a value, and whose guest prints it in every way there is: the value
// is in no file of the run, no report, no process's arguments. But serial.log and capsules.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import t, { type Test } from 'tap';
import { Place } from '../helpers/run-tapboot.js';

t.setTimeout(60 * 60_000);

const SECRET = `Tr0ub4dor&3"'<pass>\\word`;
const LINES = '-----BEGIN THING-----\nc2VjcmV0LXRoaW5n\nZm9yLXRhcGJvb3Q\n-----END THING-----\n';

/** What gives it away: the value as our own formats write it, and each telling part of it. */
const encodings = (value: string): string[] => [
  value,
  JSON.stringify(value).slice(1, -1),
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  value.replaceAll("'", `'\\''`),
  encodeURIComponent(value),
  Buffer.from(value).toString('base64'),
  // In the middle of a longer text, at each of three offsets: less what neighbours change.
  ...['', 'x', 'xx'].map((before) =>
    Buffer.from(`${before}${value}`).toString('base64').slice(4, -6),
  ),
];
const TELLING = [
  ...encodings(SECRET),
  'Tr0ub4dor',
  'c2VjcmV0LXRoaW5n',
  ...encodings('c2VjcmV0LXRoaW5n'),
];

const SCENARIO = `name: Uses \${password}
machine: { network: isolated }
variables: { password: '', thing: '' }
redact: [password, thing]
steps:
  - name: given to the guest
    run: { command: cat >/run/secret, stdin: '\${password}' }
  - run: { command: cat >/run/thing, stdin: '\${thing}' }
  - run: cat /run/secret /run/thing; sed 's/^/    /' /run/thing >&2
  - run: grep --color=always -o 'ub4' /run/secret; grep --color=always ub4 /run/secret; base64 </run/thing
  - ssh: cat /run/secret; printf 'user:%s' "$(cat /run/secret)" | base64 --wrap=0
  - name: over the console, in its frames of base64
    run: printf '%045d%s and here' 0 "$(cat /run/secret)"
    channel: console
  - name: cut by a limit
    run: { command: printf '%s%s' 0123456789 "$(cat /run/secret)", output_limit: 20 }
    always: true
    expect: { exit: any }
  - name: typed
    console:
      - send: "cat /run/secret /run/thing; echo d''one\\r"
        expect: done
  - name: wrapped by a line editor
    run: |
      fold -w 7 /run/secret
  - name: in the log of the agent, and in its name
    run: cp /run/secret "/tmp/pre-nixos-$(cat /run/secret).log"; logger -t test "$(cat /run/secret)"; cp /run/secret /dev/kmsg
  - name: on the disk
    run: dd if=/run/secret of=/dev/vda conv=fsync status=none
  - name: seen from the host
    disks: { vda: { present: [{ bytes: '\${password}' }] } }
  - name: fails with \${password} in every place
    run: cat /run/secret /run/thing; exit 3 # \${password}
    expect: { exit: 0, stdout: { equals: 'not \${password}' } }
`;

/** All files of a directory, absolute. */
function filesOf(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Asserts that nothing gives the value away, and says where it stands if something does. */
function untold(t: Test, text: string, where: string): void {
  const found = TELLING.filter((form) => text.includes(form));
  const places = found.map((form) => {
    const at = text.indexOf(form);
    return JSON.stringify(text.slice(Math.max(0, at - 60), at + form.length + 20));
  });
  t.same(places, [], where);
}

/** The arguments of every process of the host. */
const commandLines = (): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')];
      } catch {
        return [];
      }
    });

t.test('a redacted value is nowhere', async (t) => {
  const place = await Place.make(t);
  const out = (name: string): string => join(place.directory, name);
  const scenario = out('uses.yaml');
  writeFileSync(scenario, SCENARIO);
  const waiting = out('waits.yaml');
  writeFileSync(
    waiting,
    SCENARIO.replace(/steps:[^]*/, "timeout: 30m\nsteps: [{ run: 'true' }, { run: 'true' }]\n"),
  );
  const file = out('variables.yaml');
  writeFileSync(file, `thing: |\n${LINES.replace(/^(?=.)/gm, '  ')}`, { mode: 0o600 });
  const reports = [
    'junit=r.xml',
    'html=r.html',
    'tap=r.tap',
    'tap-flat=f.tap',
    'events=e.jsonl',
    'hydra=hydra',
    'github=g.md',
  ];
  const going = place.start(
    [
      ...['run', scenario, waiting, '--accel', 'tcg', '--capture', 'failure', '--budget', '1'],
      ...['--var-env', 'password=TAPBOOT_ADMIN', '--var-file', file],
      ...reports.flatMap((report) => ['--report', report.replace('=', `=${place.directory}/`)]),
    ],
    { env: { TAPBOOT_ADMIN: SECRET } },
  );
  await going.logged(/step uses#1 starts/);
  const lines = commandLines();
  t.ok(
    lines.some((line) => line.includes('qemu-system')),
    'QEMU runs',
  );
  untold(t, lines.join('\n'), 'arguments of processes');
  const end = await going.end;
  t.equal(end.code, 1, end.told);
  const failing = end.tap.scenarios[0]?.steps.filter(({ ok }) => !ok) ?? [];
  t.match(
    failing.map(({ title }) => title),
    [/^fails with \[redacted\]/],
    'the other steps passed',
  );

  untold(t, end.stdout, 'stdout');
  untold(t, end.stderr, 'stderr');
  t.match(end.stdout, /info: redacted values remain in serial\.log, in capsules/);
  t.match(end.stdout, /Uses \[redacted\]/);
  const directory = end.runDirectory ?? '';
  const files = filesOf(place.directory).filter(
    (path) =>
      !path.startsWith(place.temporary) && !path.startsWith(join(place.directory, 'states')),
  );
  const exempt = files.filter((path) =>
    /serial\.log$|capsule\.tar\.\w+$|\/variables\.yaml$/.test(path),
  );
  t.equal(exempt.length, 3, 'serial.log, a capsule, and where it came from');
  t.match(readFileSync(join(directory, 'logs/serial.log'), 'utf8'), 'Tr0ub4dor', 'it was printed');
  const capsule = exempt.find((path) => path.includes('capsule')) ?? '';
  t.equal(statSync(capsule).mode & 0o777, 0o600);
  const judged = files.filter((path) => !exempt.includes(path));
  for (const path of judged)
    untold(t, readFileSync(path, 'latin1'), relative(place.directory, path));
  untold(t, judged.join('\n'), 'names of files');
  const names = judged.map((path) => relative(place.directory, path)).join('\n');
  for (const name of [
    'run.json',
    'metadata.json',
    'events.jsonl',
    'harness.log',
    'serial.cast',
    'report.html',
    'vm-run-queue.json',
    'ledger.jsonl',
    ...reports.map((report) => report.replace(/^[^=]*=/, '')),
  ]) {
    t.ok(names.includes(name), `${name} is among them`);
  }
  t.match(end.metadata?.environment, { TAPBOOT_ADMIN: '[redacted]' });
  t.match(readFileSync(out('vm-run-queue.json'), 'utf8'), /"name": "Uses \[redacted\]"/);
  await place.expectNothingLeft(t);

  await t.test('also where it stands on the command line, which is told', async (t) => {
    // Of a run that begins, and of one that cannot, since no scenario says what is secret.
    const typed = [
      '--var',
      `password=${SECRET}`,
      '--var-file',
      file,
      '--report',
      `junit=${out('t.xml')}`,
    ];
    const listed = await place.run(['list', scenario, ...typed.slice(0, 4)]);
    t.match(listed.stdout, /Uses \[redacted\]/);
    const ended = await place.run([
      'run',
      scenario,
      ...typed,
      '--image',
      `file:${out('none.iso')}`,
    ]);
    t.not(ended.code, 0, ended.told);
    t.match(
      ended.stdout,
      /password is redacted, but every user of this host can read its value on the command line/,
    );
    t.match(ended.ledger.at(-1)?.driver_args, ['run', scenario, '--var', 'password=[redacted]']);
    writeFileSync(scenario, SCENARIO.replace('name:', 'nme:'));
    const wrong = await place.run(['run', scenario, ...typed]);
    t.equal(wrong.code, 2);
    t.equal(wrong.runDirectory, undefined);
    for (const text of [
      listed.stdout,
      listed.stderr,
      ended.stdout,
      ended.stderr,
      wrong.stdout,
      wrong.stderr,
    ])
      untold(t, text, 'output');
    for (const path of [...filesOf(place.logRoot), place.ledger, out('t.xml')]) {
      if (path.startsWith(directory)) continue;
      untold(t, readFileSync(path, 'latin1'), relative(place.directory, path));
    }
  });
});
