import { Command } from 'commander';
import t from 'tap';
import {
  collect,
  collectVariable,
  megabytes,
  minutes,
  wholeNumber,
} from '../../../driver/cli/option-values.js';
import { addSettings } from '../../../driver/cli/setting-options.js';
import { usageError } from '../../../driver/cli/usage-error.js';

t.test('values of options', async (t) => {
  t.same(collect('b', ['a']), ['a', 'b']);
  t.same(collectVariable('a=1=2', { b: '' }), { b: '', a: '1=2' });
  t.same(collectVariable('a='), { a: '' });
  t.throws(() => collectVariable('novalue'), /name=value/);
  t.throws(() => collectVariable('=x'), /name=value/);
  t.equal(wholeNumber(0)('0'), 0);
  for (const wrong of ['-1', '1.5', 'x', '', '1e3']) {
    t.throws(() => wholeNumber(0)(wrong), /whole number/, wrong);
  }
  t.throws(() => wholeNumber(1)('0'), /1 or more/);
  t.throws(() => wholeNumber(1)('9'.repeat(400)), /whole number/);
  t.equal(minutes('10080'), 7 * 24 * 60);
  t.throws(() => minutes('43200'), /from 1 to 10080/, '30 days');
  t.equal(megabytes('0'), 0);
  t.throws(() => megabytes('8589934592'), /from 0 to 8589934591/);
});

t.test('the help of a setting has its choices, default and variable', async (t) => {
  const { options } = addSettings(new Command(), 'image', 'accel', 'logRoot', 'capture', 'fresh');
  t.strictSame(
    options.map(({ flags, description }) => `${flags}: ${description}`),
    [
      '--image <spec>: boot image: debian, debian:iso, nix:…, file:… ($TAPBOOT_IMAGE)',
      '--accel <name>: auto, kvm or tcg (default: auto, KVM where a probe succeeds)',
      '--log-root <directory>: parent of the run directories (default: notes) ($BOOT_IMAGE_VM_LOG_ROOT)',
      '--capture <what>: failure, every-step or none: what a failure capsule keeps',
      '--fresh: ignore snapshots: boot every machine',
    ],
  );
});

t.test('commander’s words become an error of ours', async (t) => {
  const near = usageError("error: unknown option '--imge'\n(Did you mean --image?)");
  t.equal(near.message, "unknown option '--imge'");
  t.equal(near.code, 'TAPBOOT_E_USAGE');
  t.equal(near.failureClass, 'scenario');
  t.equal(near.details.hint, 'Did you mean --image?');
  t.equal(usageError('error: x').details.hint, 'tapboot --help lists all commands');
});
