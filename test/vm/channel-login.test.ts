import t from 'tap';
import { ConsoleChannel } from '../../driver/channel/console/console-channel.js';
import { login } from '../../driver/channel/console/login.js';
import { ShellChannel } from '../../driver/channel/shell/shell-channel.js';
import { startGuestShell } from '../../driver/channel/shell/start-guest-shell.js';
import { imageGuest, startBareGuest } from './channel-guest.js';

const MINUTE = 60_000;

t.test('a live system: coloured prompt, title, bracketed paste, root by sudo alone', async (t) => {
  await using guest = await startBareGuest(await imageGuest('debian,layer=test/layers/live-user'));
  const session = await login(
    guest.console,
    { root: 'console', user: 'nixos' },
    { timeoutMs: 3 * MINUTE },
  );
  const channel = new ConsoleChannel(session);
  t.match(await channel.run('id -un', { timeoutMs: MINUTE }), { stdout: 'root\n' });
  t.match(Buffer.concat(guest.serial).toString(), /\x1b\[\?2004h/, 'it does use bracketed paste');
  await startGuestShell(channel);
  await using shell = await ShellChannel.attach(guest.shell, { timeoutMs: MINUTE });
  t.match(await shell.run('id -un', { timeoutMs: MINUTE }), { stdout: 'root\n' });
});
