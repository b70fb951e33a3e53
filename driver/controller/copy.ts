import { infraError, productError } from '../errors.js';
import type { Channel } from '../channel/channel.js';
import type { SshChannel } from '../channel/ssh/ssh-channel.js';
import type { Guest } from './guest.js';

/** The SSH channel, for its SFTP. */
export async function sftpOf(guest: Guest): Promise<SshChannel> {
  return (await guest.channel('ssh')) as Channel & SshChannel;
}
void infraError;
void productError;
