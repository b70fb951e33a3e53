import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { ConsoleRecording } from '../../../driver/machine/console-recording.js';
import { SerialLog } from '../../../driver/machine/serial-log.js';
import { redactor, StreamRedactor } from '../../../driver/redact.js';

type Line = [number, string, string];

function linesOf(file: string): { header: Record<string, unknown>; lines: Line[] } {
  const [header = '', ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
  return {
    header: JSON.parse(header) as Record<string, unknown>,
    lines: lines.map((line) => JSON.parse(line) as Line),
  };
}

const said = (lines: Line[]): string =>
  lines.map(([, kind, text]) => (kind === 'o' ? text : '')).join('');
const never = (error: Error): never => {
  throw error;
};

t.test('an asciicast beside the log', async (t) => {
  const directory = t.testdir({});
  const [logFile, file] = [join(directory, 'serial.log'), join(directory, 'serial.cast')];
  const recording = new ConsoleRecording(file, { title: 'vm', onError: never });
  const log = new SerialLog(logFile, never, recording);
  log.started(performance.now() - 2000);
  const euro = Buffer.from('€');
  log.write(Buffer.from('\x1b[1mone\r\n'));
  log.write(euro.subarray(0, 1));
  await sleep(40);
  log.write(euro.subarray(1));
  log.mark('restored from snapshot x');
  log.write(Buffer.from('two'));
  log.started(performance.now());
  log.close();
  log.close();
  const { header, lines } = linesOf(file);
  t.match(header, { version: 2, title: 'vm', width: Number, height: Number });
  t.equal(Math.abs((header['timestamp'] as number) - (Date.now() / 1000 - 2)) < 2, true);
  t.equal(said(lines), '\x1b[1mone\r\n€two', 'a character that came in two pieces is whole');
  t.ok((lines[0]?.[0] ?? 0) >= 2, 'seconds since the start of QEMU');
  t.same(
    lines.filter(([, kind]) => kind === 'm').map(([, , label]) => label),
    ['restored from snapshot x', 'QEMU started again'],
  );
  const order = lines.map(([, kind, text]) => (kind === 'm' ? 'mark' : text));
  t.ok(order.indexOf('mark') > order.indexOf('€') && order.indexOf('mark') < order.indexOf('two'));
  t.equal(readFileSync(logFile, 'utf8'), '\x1b[1mone\r\n€two');
});

t.test('a secret that arrives in pieces is taken out', (t) => {
  const file = join(t.testdir({}), 'serial.cast');
  const filter = new StreamRedactor(redactor(['hush-hush']));
  const recording = new ConsoleRecording(file, { title: 'vm', filter, onError: never });
  recording.started(performance.now());
  for (const piece of ['say hu', 'sh-', 'hush twice: hush-hush', ' end'])
    recording.output(Buffer.from(piece));
  recording.close();
  t.equal(said(linesOf(file).lines), 'say [redacted] twice: [redacted] end');
  t.end();
});

t.test('a full disk is told once, and stops nothing', { skip: !existsSync('/dev/full') }, (t) => {
  const errors: Error[] = [];
  const recording = new ConsoleRecording('/dev/full', {
    title: 'vm',
    onError: (error) => errors.push(error),
  });
  recording.started(performance.now());
  recording.output(Buffer.from('x'));
  recording.mark('y');
  recording.close();
  t.match(errors, [{ code: 'ENOSPC' }]);
  t.equal(errors.length, 1);
  t.end();
});
