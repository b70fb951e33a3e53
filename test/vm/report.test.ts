// What a real run leaves to be looked at: the recording, pictures, and the page with both in it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import t from 'tap';
import type { ReportData } from '../../driver/report/html/report-data.js';
import { Place } from '../helpers/run-tapboot.js';

t.setTimeout(15 * 60_000);

const SCENARIO = `name: Looks
machine: { display: true, network: none }
variables: { secret: hush-hush-12345 }
redact: [secret]
steps:
  - screenshot: after-boot
  - console:
      - send: 'echo "it is" \${secret}\\r'
        expect: 'it is'
  - run: 'false'
`;

const PLAIN = `name: Plain
steps: [{ run: exit 3 }]
`;

function dataOf(page: string): ReportData {
  const json = /<script type="application\/json" id="tapboot-report">(.*?)<\/script>/s.exec(page);
  return JSON.parse(json?.[1] ?? '') as ReportData;
}

t.test('a run with a display, and one without', async (t) => {
  const place = await Place.make(t);
  const looks = join(place.directory, 'looks.yaml');
  const plain = join(place.directory, 'plain.yaml');
  await writeFile(looks, SCENARIO);
  await writeFile(plain, PLAIN);
  const end = await place.run(['run', looks, plain, '--accel', 'tcg']);
  t.equal(end.code, 1, end.told);
  const directory = end.runDirectory ?? '';

  const cast = readFileSync(join(directory, 'logs/serial.cast'), 'utf8').trimEnd().split('\n');
  const [header = '', ...lines] = cast;
  t.match(JSON.parse(header), { version: 2, width: Number, height: Number, timestamp: Number });
  const events = lines.map((line) => JSON.parse(line) as [number, string, string]);
  const times = events.map(([at]) => at);
  t.same(
    times,
    times.toSorted((a, b) => a - b),
    'times ascend',
  );
  t.ok((times[0] ?? -1) >= 0);
  const said = events.map(([, kind, text]) => (kind === 'o' ? text : '')).join('');
  t.match(said, /it is/, 'the guest was recorded');
  t.notMatch(said, /hush-hush-12345/, 'what is redacted is not');

  const page = readFileSync(join(directory, 'report.html'), 'utf8');
  t.notMatch(page, /hush-hush-12345/);
  const data = dataOf(page);
  t.same(
    data.scenarios.map(({ outcome }) => outcome),
    ['failed', 'failed'],
  );
  t.match(data.accelerator, { name: 'tcg' });
  t.ok(data.environment, 'the record is in it');
  const pictures = data.scenarios[0]?.steps.flatMap(({ artifacts }) =>
    artifacts.filter(({ image }) => image !== undefined),
  );
  t.match(pictures, [{ label: 'screenshot after-boot' }, { label: 'screenshot (step 3 failed)' }]);
  for (const picture of pictures ?? []) {
    const png = Buffer.from(picture.image?.split(',')[1] ?? '', 'base64');
    t.equal(png.subarray(1, 4).toString(), 'PNG');
    t.ok(png.readUInt32BE(16) >= 640, 'as wide as a screen');
  }
  const recorded = data.vms.map(({ recording }) => recording?.events.length ?? 0);
  t.equal(recorded.length, 2);
  t.ok(
    recorded.every((count) => count > 0),
    'each console is in the page',
  );

  const missing = join(directory, 'logs/vms/plain/diagnostics');
  const told = readdirSync(missing).filter((name) => name.startsWith('not-collected'));
  t.match(
    told.map((name) => readFileSync(join(missing, name), 'utf8')),
    [/screenshot: the machine has no display/],
  );

  const again = await place.run(['report', directory, '--no-open']);
  t.equal(again.code, 0, again.told);
  t.equal(again.stdout.trim(), join(directory, 'report.html'));
  t.same(dataOf(readFileSync(join(directory, 'report.html'), 'utf8')), data, 'the same, anew');
  await place.expectNothingLeft(t);
});
