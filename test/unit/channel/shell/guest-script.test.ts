import { execa } from 'execa';
import t from 'tap';
import { CONSOLE_SCRIPT } from '../../../../driver/channel/console/console-script.js';
import {
  helloLine,
  loadScript,
  SCRIPT_VERSION,
} from '../../../../driver/channel/shell/guest-script.js';
import { killTree } from '../../../../driver/channel/shell/scripts.generated.js';
import { shellQuote } from '../../../../driver/quote.js';

/** Only read, never run: these functions are for a guest. What they do is tested in test/vm. */
t.test('the scripts are good shell', async (t) => {
  const bash = loadScript('bash').split('\n').slice(1).join('\n');
  await t.resolves(execa('bash', ['-n', '-c', bash]), 'bash');
  await t.resolves(execa('dash', ['-n', '-c', loadScript('sh')]), 'any other shell');
  await t.resolves(execa('dash', ['-n', '-c', helloLine('abc')]), 'the greeting');
  await t.resolves(execa('dash', ['-n', '-c', CONSOLE_SCRIPT]), 'the console’s half');
  t.match(bash, `__tb_v=${SCRIPT_VERSION}`);
});

t.test('the length that bash is told is the script’s', async (t) => {
  const text = loadScript('bash');
  const head = text.slice(0, text.indexOf('\n') + 1);
  const length = Number(/read -r -N (\d+)/.exec(head)?.[1]);
  t.equal(length, Buffer.byteLength(text) - Buffer.byteLength(head));
});

t.test('kill: the whole tree goes, the shell that reports stays', async (t) => {
  // `timeout` makes a process group of its own, `setsid` a session of its own.
  const script = `${killTree}
    ( trap : TERM
      timeout 60 sleep 61 & setsid sleep 62 & ( sleep 63 & sleep 64; : ) & wait; wait; wait
      echo survived ) &
    pid=$!
    sleep 0.5
    __tb_k $pid KILL
    wait $pid`;
  for (const shell of ['bash', 'dash']) {
    const { stdout } = await execa(shell, ['-c', script], { timeout: 20_000 });
    t.equal(stdout, 'survived', shell);
    const { stdout: left } = await execa('pgrep', ['-fx', 'sleep 6[1-4]'], { reject: false });
    t.equal(left, '', 'none of its children is left');
  }
});

t.test('quote', async (t) => {
  for (const text of ["it's", '$HOME `id` "x"', 'a\nb', '', '\\']) {
    const { stdout } = await execa('sh', ['-c', `printf %s ${shellQuote(text)}; printf .`]);
    t.equal(stdout, `${text}.`);
  }
});
