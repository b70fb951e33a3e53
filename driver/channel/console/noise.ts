/** Printk's time stamp, as `printk.time=1` writes it, with the optional caller id. */
const KERNEL_LINE = String.raw`\[ {0,4}\d{1,6}\.\d{6}\](?:\[ *[TC]\d+\])? [^\n]*(?:\n|$)`;

/** systemd's status lines: `[  OK  ] Started …`, `         Starting …`, `[*     ] A start job …`. */
const STATUS_LINE = String.raw`\[(?:  OK  |FAILED|DEPEND|UNSUPP| INFO | WARN | TIME | SKIP |ASSERT|ABORT|[ *]{6})\] [^\n]*(?:\n|$)`;
/** Bounded: on a line without end each beginning would be followed to that end. */
const STARTING_LINE = String.raw` {9}(?:Starting|Stopping|Mounting|Unmounting|Activating|Deactivating|Reloading|Finishing) [^\n]{0,1000}\n`;

const NOISE = new RegExp(`${KERNEL_LINE}|${STATUS_LINE}|${STARTING_LINE}`, 'g');

/**
 * Takes the lines of kernel and systemd out of console text. Both write wherever the cursor
 * is, also into the middle of a prompt or of a command's output (`log[    9.130000] usb …⏎in: `
 * becomes `login: `). Kernel lines without time stamps cannot be told apart and stay.
 */
export function withoutNoise(text: string): string {
  return text.replace(NOISE, '');
}
