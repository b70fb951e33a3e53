import t from 'tap';
import type { CommandResult } from '../../../driver/channel/channel.js';
import { commandFailure } from '../../../driver/library/guest-steps.js';

const result = (changes: Partial<CommandResult>): CommandResult => ({
  channel: 'shell',
  command: 'do it',
  stdout: '',
  stderr: '',
  stderrSeparate: true,
  exitStatus: 0,
  durationMs: 1,
  timedOut: false,
  dropped: { stdout: 0, stderr: 0 },
  ...changes,
});

t.test('success is no failure', async (t) => {
  t.equal(commandFailure(result({ stderr: 'a warning' }), 1000), undefined);
});

t.test('a status, with the output that led to it', async (t) => {
  t.match(commandFailure(result({ exitStatus: 2, stdout: 'so far', stderr: 'no' }), 1000), {
    failureClass: 'product',
    code: 'TAPBOOT_E_COMMAND_STATUS',
    message: 'the command failed: do it',
    details: { expected: 'exit status 0', got: 'exit status 2', output: 'so far\nno' },
  });
});

t.test('a timeout', async (t) => {
  t.match(commandFailure(result({ exitStatus: null, timedOut: true }), 1500), {
    failureClass: 'product',
    code: 'TAPBOOT_E_COMMAND_TIMEOUT',
    details: { expected: 'an end within 1.5 s' },
  });
});
