/** How the driver becomes root in a guest of this image. */
export interface GuestAccess {
  /**
   * `credential`: systemd ≥ 252 takes `ssh.authorized_keys.root` from SMBIOS type 11;
   * `console`: log in on the serial console and install the key from there.
   * `auto`: hand in the credential, use the console to find out whether it worked.
   */
  root: 'credential' | 'console' | 'auto';
  /** Login on the console; default: root without password. */
  user: string;
  password?: string;
  /**
   * Set when the image itself starts a root shell on the virtio-serial port
   * `tapboot.shell.0`, so that no login is needed to have the shell channel.
   */
  shellPort?: boolean;
}
