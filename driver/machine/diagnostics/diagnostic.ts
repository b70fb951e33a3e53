import { shellQuote } from '../../quote.js';

/** One look into a guest. */
export interface Diagnostic {
  /** For people; the file is named after it. */
  label: string;
  /** A shell command; exit status 127 says that the guest has no such tool. */
  command: string;
  /** `always`: of every VM run; `failure`: also when something has failed. */
  when: 'always' | 'failure';
}

/** A command that a guest may lack. */
const tool = (name: string, command: string): string =>
  `command -v ${name} >/dev/null 2>&1 || exit 127; ${command}`;

/** The unit whose journal the record always has after a failure. */
export const AGENT_UNIT = 'pre-nixos.service';

/** What is asked, in this order: first what is lost first, then what takes longest. */
export const DIAGNOSTICS: readonly Diagnostic[] = [
  { label: 'dmesg', command: tool('dmesg', 'dmesg'), when: 'always' },
  {
    label: 'pre-nixos journal',
    command: tool('journalctl', `journalctl --no-pager -o short-precise -b -u ${AGENT_UNIT}`),
    when: 'failure',
  },
  {
    label: 'failed units',
    command: tool('systemctl', 'systemctl --failed --no-pager --full'),
    when: 'failure',
  },
  {
    label: 'systemctl status',
    command: tool('systemctl', 'systemctl status --no-pager --full --lines=0'),
    when: 'failure',
  },
  {
    label: 'lsblk',
    command: tool('lsblk', 'lsblk --output NAME,TYPE,SIZE,FSTYPE,MOUNTPOINT --paths'),
    when: 'failure',
  },
  { label: 'blkid', command: tool('blkid', 'blkid'), when: 'failure' },
  {
    label: 'mdadm',
    command: tool('mdadm', 'cat /proc/mdstat; mdadm --detail --scan'),
    when: 'failure',
  },
  { label: 'lvm', command: tool('lvs', 'pvs -a; vgs; lvs -a'), when: 'failure' },
  { label: 'ip addr', command: tool('ip', 'ip addr; ip route'), when: 'failure' },
  { label: 'mounts', command: 'cat /proc/mounts', when: 'failure' },
  { label: 'memory', command: tool('free', 'free -m; cat /proc/meminfo'), when: 'failure' },
  {
    label: 'journal',
    command: tool('journalctl', 'journalctl --no-pager -o short-precise -b -n 2000'),
    when: 'failure',
  },
];

/** Prints the paths of the agent's own logs, one a line; none when there are none. */
export const LIST_AGENT_LOGS =
  'for f in /tmp/pre-nixos*.log; do [ ! -f "$f" ] || printf \'%s\\n\' "$f"; done';

/** Prints one of them. */
export const readLog = (file: string): string => `cat -- ${shellQuote(file)}`;

/** Prints the names of failed units, one a line. */
export const LIST_FAILED_UNITS = tool(
  'systemctl',
  'systemctl list-units --failed --plain --no-legend --no-pager | while read -r name rest; do printf \'%s\\n\' "$name"; done',
);

/** The journal of one unit. */
export const unitJournal = (unit: string): string =>
  tool('journalctl', `journalctl --no-pager -o short-precise -b -u ${shellQuote(unit)}`);
