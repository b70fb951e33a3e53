import t from 'tap';
import { commandEntry } from '../../../driver/library/guest-steps.js';

t.test('what a command did, for harness.log', async (t) => {
  const result = {
    channel: 'shell' as const,
    command: 'do it',
    stdout: 'out\n',
    stderr: 'err',
    stderrSeparate: true,
    exitStatus: 3,
    durationMs: 12.3,
    timedOut: false,
    dropped: { stdout: 0, stderr: 0 },
  };
  t.equal(commandEntry(result), 'shell (exit 3, 0.012 s): do it\nout\n\nerr');
  const late = { ...result, stdout: '', stderr: '', exitStatus: null, timedOut: true };
  t.equal(commandEntry(late), 'shell (timed out, 0.012 s): do it');
});
