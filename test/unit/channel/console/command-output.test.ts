import t from 'tap';
import { CommandOutput } from '../../../../driver/channel/console/command-output.js';
import { findRecords } from '../../../../driver/channel/console/console-script.js';
import { withoutNoise } from '../../../../driver/channel/console/noise.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

t.test('records are found whole or not at all', async (t) => {
  const text = withoutNoise(
    [
      "printf '@tb%s:%s:.\\n' abc", // the echo of what was typed
      '@tbabc:1:x:0:6:0:.',
      `@tbabc:1:o:1:${base64('abc').slice(0, 2)}[   33.000001] md: noise\n${base64('abc').slice(2)}:.`,
      `@tbabc:1:o:2:${base64('def').slice(0, 2)} noise without stamp`,
      `@tbother:1:o:2:${base64('xyz')}:.`,
    ].join('\n'),
  );
  t.strictSame(findRecords(text, 'abc'), [
    { id: '1', kind: 'x', fields: ['0', '6', '0'] },
    { id: '1', kind: 'o', fields: ['1', base64('abc')] },
  ]);
});

t.test('an output is complete only when every byte is there', async (t) => {
  const output = new CommandOutput(100);
  t.equal(output.status, undefined);
  output.add({ id: '1', kind: 'x', fields: ['3', '6', '0'] });
  output.add({ id: '1', kind: 'o', fields: ['2', base64('def')] });
  t.equal(output.result, undefined, 'the first line was garbled');
  output.add({ id: '1', kind: 'o', fields: ['1', base64('abc')] });
  t.equal(output.status, 3);
  t.strictSame(output.result, {
    stdout: 'abcdef',
    stderr: '',
    dropped: { stdout: 0, stderr: 0 },
  });
});

t.test('what the limit cut off is counted', async (t) => {
  const output = new CommandOutput(3);
  output.add({ id: '1', kind: 'x', fields: ['0', '1000', '0'] });
  output.add({ id: '1', kind: 'o', fields: ['1', base64('abc')] });
  t.match(output.result, { stdout: 'abc', dropped: { stdout: 997, stderr: 0 } });
});
