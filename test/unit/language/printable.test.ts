import { PassThrough } from 'node:stream';
import t from 'tap';
import { cleanStream, plainText, printable } from '../../../driver/language/printable.js';

t.test('what steers a terminal does not leave', async (t) => {
  for (const [dirty, clean] of [
    ['\u001b[2J\u001b[1;1Hall passed', 'all passed'],
    ['\u001b]0;title\u0007x', 'x'],
    ['\u001b]52;c;ZXZpbA==\u001b\\y', 'y'],
    ['\u001bcreset', 'reset'],
    ['ok\rnot ok', 'ok\\u000dnot ok'],
    ['a\r\r\nb\tc', 'a\nb\tc'],
    ['\u009b31m', '\\u009b31m'],
    ['\u001b\u001b[0m[2J', '\\u001b[2J'],
    ['evil\u202etxt.exe', 'evil\\u202etxt.exe'],
    ['\u001b]unfinished\nnext line', '\nnext line'],
    ['\u001b[31mred\u001b[39m', 'red'],
  ] as const) {
    t.equal(printable(dirty), clean, JSON.stringify(dirty));
  }
  const coloured = '\u001b[31mred\u001b[39m';
  t.equal(printable(`${coloured}\u001b[8m\u001b[5A`, { colours: true }), coloured);
});

t.test('no line is a command of a CI service', async (t) => {
  for (const dirty of [
    '::stop-commands::x',
    '  ::add-mask::secret',
    '::error file=a.js,line=1::message',
    'a\n\t::set-output name=x::y',
    'a\r::stop-commands::x',
    '##[error]message',
    'text ##[group]name',
    '##[add-path]/tmp',
    '##vso[task.setvariable variable=x]y',
    '##teamcity[buildStatus]',
    '::STOP-COMMANDS::x',
  ]) {
    const clean = printable(dirty);
    t.notMatch(clean, /^\s*::.*::|##(vso|teamcity)?\[/im, dirty);
    t.equal(JSON.parse(`"${clean.replace(/\n|\t/g, ' ')}"`), dirty.replace(/\n|\t/g, ' '));
  }
  for (const harmless of [
    '::1 dev lo',
    'std::vector::at',
    '${x##[0-9]*}',
    '${x##[a-z]*}',
    '## [a]',
  ]) {
    t.equal(printable(harmless), harmless);
  }
});

t.test('a mebibyte of anything takes no time', async (t) => {
  for (const [name, unit] of Object.entries({
    returns: '\r',
    escapes: '\u001b',
    strings: '\u001b]',
    colons: '::a',
    hashes: '##[',
    blanks: ' ',
    'a name': '##[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    parameters: '\u001b[0',
  })) {
    const text = unit.repeat(2 ** 20 / unit.length);
    const started = performance.now();
    plainText(text);
    printable(text);
    const milliseconds = performance.now() - started;
    t.ok(milliseconds < 5000, `${name}: ${milliseconds.toFixed(0)} ms`);
  }
});

t.test('a stream: strings are cleaned, bytes pass, the rest is the stream’s own', async (t) => {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  const clean = cleanStream(stream);
  await new Promise<void>((resolve) => {
    clean.write('\u001b[2Ja', () => {
      resolve();
    });
  });
  clean.write(Buffer.from('\u001b[2Jb'));
  t.equal(String(stream.read()), 'a\u001b[2Jb');
  stream.columns = 40;
  t.match(clean, { isTTY: true, columns: 40 });
  let resized = 0;
  const listener = (): void => {
    resized++;
  };
  clean.on('resize', listener);
  stream.emit('resize');
  clean.off('resize', listener);
  stream.emit('resize');
  t.equal(resized, 1);
});
