import { readFileSync } from 'node:fs';
import t from 'tap';
import { TerminalCleaner } from '../../../../driver/channel/console/clean-text.js';
import {
  ConsoleDetector,
  type Finding,
} from '../../../../driver/machine/watchdog/console-detector.js';

const fixture = (name: string): string =>
  new TerminalCleaner().push(
    readFileSync(new URL(`../../../fixtures/console/${name}.log`, import.meta.url)),
  );

/** All findings of a console, fed in pieces of `size`, and what it waits at. */
function read(text: string, size = 17, booted = false): Finding[] {
  const detector = new ConsoleDetector();
  if (booted) detector.booted();
  const findings: Finding[] = [];
  for (let at = 0; at < text.length; at += size)
    findings.push(...detector.push(text.slice(at, at + size)));
  const prompt = detector.waitingPrompt();
  return prompt === undefined ? findings : [...findings, prompt];
}

const kinds = (findings: Finding[]): string[] =>
  findings.map((found) => `${found.kind}/${found.severity}`);

const EXPECTED: Record<string, string[]> = {
  'panic-sysrq': ['panic/dead'],
  'panic-init-exits': ['panic/dead'],
  'panic-no-root': ['panic/dead'],
  'initramfs-prompt': ['boot-failed/dead', 'initramfs-shell/dead'],
  'init-crash': ['init-died/dead'],
  emergency: ['emergency-shell/dead'],
  'oom-kill': ['oom/note'],
  'power-off': ['power-off/suspect'],
  restart: ['restart/suspect'],
  oops: ['oops/dead', 'oops/dead'],
};

for (const [name, expected] of Object.entries(EXPECTED)) {
  t.test(`${name}: ${expected.join(', ')}`, async (t) => {
    const text = fixture(name);
    t.strictSame(kinds(read(text)), expected);
    t.strictSame(read(text, 1), read(text, 100_000), 'however it is cut');
  });
}

t.test('what is said names the cause', async (t) => {
  t.match(read(fixture('panic-init-exits'))[0]?.message, /Attempted to kill init! exitcode=0x0/);
  t.match(read(fixture('panic-no-root'))[0]?.message, /VFS: Unable to mount root fs/);
  t.match(read(fixture('oom-kill'))[0]?.message, /Killed process 306 \(systemd\)/);
  t.match(read(fixture('oops'))[0]?.message, /NULL pointer dereference/);
  const text = fixture('panic-sysrq');
  const found = read(text)[0];
  t.equal(
    text.slice(found?.offset).startsWith(found?.line ?? '-'),
    true,
    'the offset is the line’s',
  );
});

t.test('a log that somebody prints is no death', async (t) => {
  const running = '[  120.000000] md127: detected capacity change\nroot@host:~# cat old.log\n';
  t.strictSame(read(running + fixture('panic-sysrq'), 50, true), [], 'its stamps lie in the past');
  t.strictSame(read(`${running}Kernel panic - not syncing: quoted\n`, 50, true), [], 'no stamp');
  t.strictSame(
    read(`${running}echo "[  130.000000] Kernel panic - not syncing: x"\n`, 50, true),
    [],
    'quoted',
  );
  t.strictSame(
    read(`${running}[  130.000000] foo[12]: Kernel panic - not syncing: x\n`, 50, true),
    [],
    'someone’s message',
  );
  t.strictSame(read(`${running}(initramfs) \n(initramfs) `, 50, true), [], 'a running system');
  t.strictSame(
    read(`${running}${fixture('emergency')}\nroot@host:~# `, 50, true),
    [],
    'not waited at',
  );
});

t.test('a time stamp beyond the age of the guest is nobody’s, and hides nothing', async (t) => {
  let age = 10;
  const detector = new ConsoleDetector(0, () => age);
  detector.booted();
  const say = (line: string): string[] => kinds(detector.push(`${line}\n`));
  t.strictSame(say('[    9.000000] md127: detected capacity change'), []);
  t.strictSame(say('[123456.700000] a line of somebody'), []);
  t.strictSame(say('[123456.700000] Linux version '), [], 'nor does the name of a kernel');
  t.strictSame(say('[123456.700000] Oops: 0000 [#1] SMP'), [], 'nor is it a death itself');
  t.strictSame(say('[   40.000000] a line of somebody who knows better'), []);
  t.strictSame(say('[   10.500000] Oops: 0000 [#1] SMP'), ['oops/dead'], 'the kernel’s own');
  age = 200_000;
  t.strictSame(say('[123456.700000] Oops: 0000 [#1] SMP'), ['oops/dead'], 'once it is so old');
  t.strictSame(say('[   10.500000] Oops: 0000 [#1] SMP'), [], 'a printed log goes back in time');
});

t.test('a guest whose clock runs ahead is understood, and dates nothing', async (t) => {
  const detector = new ConsoleDetector(0, () => 100);
  detector.booted();
  const say = (line: string): string[] => kinds(detector.push(`${line}\n`));
  t.strictSame(say('[  130.000000] Oops: 0000 [#1] SMP'), ['oops/dead']);
  t.strictSame(say('[   99.000000] Oops: 0000 [#1] SMP'), ['oops/dead']);
});

t.test('a panic in the middle of a prompt counts', async (t) => {
  const text =
    '[   12.000000] x\nroot@host:~# [   61.500000] Kernel panic - not syncing: Fatal exception\n';
  t.strictSame(kinds(read(text, 50, true)), ['panic/dead']);
});

t.test('user space faults are no oops', async (t) => {
  const text = '[   12.000000] traps: foo[1] general protection fault ip:55 sp:7f error:0 in foo\n';
  t.strictSame(read(text), []);
});

t.test('boot loaders and firmware', async (t) => {
  t.strictSame(kinds(read('Booting from Hard Disk...\nNo bootable device.\n')), [
    'no-boot-device/dead',
  ]);
  t.strictSame(kinds(read('BdsDxe: No bootable option or device was found.\n')), [
    'no-boot-device/dead',
  ]);
  t.strictSame(kinds(read("error: file `/vmlinuz' not found.\ngrub> ")), [
    'boot-loader/dead',
    'boot-loader/dead',
  ]);
  t.strictSame(kinds(read('error: unknown filesystem.\nEntering rescue mode...\ngrub rescue> ')), [
    'boot-loader/dead',
    'boot-loader/dead',
  ]);
  t.strictSame(kinds(read('isolinux.bin missing or corrupt.\n')), ['boot-loader/dead']);
  t.strictSame(kinds(read('ISOLINUX 6.04\nboot: ')), ['boot-loader/note'], 'it may time out');
});

t.test('a kernel that starts again', async (t) => {
  const banner = '[    0.000000] Linux version 6.1.0 (gcc) #1\n[    1.000000] Run /init\n';
  t.strictSame(read(banner), [], 'the first is the boot');
  t.strictSame(kinds(read(banner + banner)), ['kernel-start/suspect']);
  const detector = new ConsoleDetector();
  detector.push(banner);
  detector.restarting();
  t.strictSame(detector.push(banner), [], 'asked for');
  t.strictSame(kinds(detector.push('[    2.000000] Kernel panic - not syncing: x\n')), [
    'panic/dead',
  ]);
});

t.test('a line without end costs no more than its length, and is no prompt', async (t) => {
  const detector = new ConsoleDetector();
  const chunk = 'ALERT! '.repeat(585);
  const started = performance.now();
  for (let sent = 0; sent < 8192; sent++) detector.push(chunk);
  t.ok(performance.now() - started < 5000, 'thirty-two mebibytes');
  t.equal(detector.waitingPrompt(), undefined);
  const [finding] = detector.push(`\n[    1.000000] Kernel panic - not syncing: x\n`);
  t.match(finding, { kind: 'panic', offset: 8192 * chunk.length + 1 }, 'and offsets stay right');
});
