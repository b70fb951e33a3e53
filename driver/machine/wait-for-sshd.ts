/** Port 22 as /proc/net/tcp writes it, in state 0A, TCP_LISTEN (Linux, net/tcp_states.h). */
const LISTENING = '*:0016[[:space:]]0A';

/**
 * A command that ends as soon as something in the guest listens on port 22. One process
 * waits inside the guest: asking from outside before sshd listens costs seconds of TCP
 * back-off, and makes OpenSSH ≥ 9.8 penalise the source. It looks with the shell's own means:
 * under emulation a process for each look would slow down what is waited for.
 */
export const WAIT_FOR_SSHD = [
  'until for f in /proc/net/tcp /proc/net/tcp6',
  'do [ -r $f ] || continue',
  `while read -r _ l _ s _; do case "$l $s" in ${LISTENING}) break 2;; esac; done < $f`,
  'false; done; do sleep 0.1; done',
].join('; ');

/**
 * A command that prints the public ed25519 host key of the guest's sshd, from where sshd's
 * own configuration says it lies; derived from the private half, since the public file may
 * be missing.
 */
export const READ_HOST_KEY = [
  'f=$(sshd -T 2>/dev/null | sed -n "s/^hostkey \\(.*ed25519.*\\)/\\1/p" | head -n 1)',
  'f=${f:-/etc/ssh/ssh_host_ed25519_key}',
  'ssh-keygen -y -f "$f" 2>/dev/null || cat "$f.pub"',
].join('; ');

/** A command that makes `key` one of root's authorized keys, unless it is one already. */
export function installAuthorizedKey(key: string): string {
  const line = key.trim();
  return [
    'f=/root/.ssh/authorized_keys; k=',
    `[ ! -r $f ] || while read -r l || [ -n "$l" ]; do [ "$l" != '${line}' ] || k=1; done < $f`,
    `[ -n "$k" ] || { umask 077; mkdir -p /root/.ssh; printf '%s\\n' '${line}' >> $f; }`,
  ].join('; ');
}
