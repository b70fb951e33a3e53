import t from 'tap';
import { readConfig, selectionSettings } from '../../../driver/config/config.js';
import type { Flags } from '../../../driver/config/settings-table.js';
import { overridesInForce } from '../../../driver/record/overrides.js';
import { describeError, TapbootError } from '../../../driver/errors.js';

t.test('defaults', async (t) => {
  t.match(readConfig({}, {}, '/somewhere'), {
    spawnTimeoutSeconds: 900,
    loginTimeoutSeconds: 300,
    repeat: 1,
    tapVersion: 14,
    budgetMinutes: 45,
    hardBudgetMinutes: 50,
    sessionCeilingSeconds: 3600,
    ledgerPath: '/somewhere/notes/vm-run-ledger.jsonl',
    queuePath: '/somewhere/notes/vm-run-queue.json',
    logRoot: '/somewhere/notes',
    image: undefined,
    reporter: undefined,
    accel: 'auto',
    color: true,
    ci: false,
    fresh: false,
    resume: false,
    debug: false,
    tapFlat: false,
  });
});

t.test('environment, and flags over environment', async (t) => {
  const env = {
    BOOT_IMAGE_VM_SPAWN_TIMEOUT: '60',
    BOOT_IMAGE_VM_LOGIN_TIMEOUT: ' 7 ',
    BOOT_IMAGE_VM_LEDGER_PATH: 'elsewhere/l.jsonl',
    BOOT_IMAGE_VM_LOG_ROOT: '/var/logs',
    TAPBOOT_IMAGE: 'file:/x.iso',
    TAPBOOT_OVMF: '/code.fd:/vars.fd',
    NO_COLOR: '1',
    CI: 'true',
  };
  t.match(readConfig(env, {}, '/somewhere'), {
    spawnTimeoutSeconds: 60,
    loginTimeoutSeconds: 7,
    logRoot: '/var/logs',
    ledgerPath: '/somewhere/elsewhere/l.jsonl',
    queuePath: '/somewhere/elsewhere/vm-run-queue.json',
    image: 'file:/x.iso',
    firmware: '/code.fd:/vars.fd',
    color: false,
    ci: true,
  });
  const flags = { logRoot: 'here', image: 'debian', budget: '90', repeat: '3', tapVersion: '13' };
  t.match(readConfig(env, flags, '/somewhere'), {
    logRoot: '/somewhere/here',
    image: 'debian',
    repeat: 3,
    tapVersion: 13,
    budgetMinutes: 90,
    hardBudgetMinutes: 90,
  });
  t.equal(readConfig({ TERM: 'dumb' }, {}, '/').color, false);
  t.equal(readConfig({ NO_COLOR: '' }, {}, '/').color, true, 'an empty NO_COLOR is none');
  t.equal(readConfig({ CI: 'false' }, {}, '/').ci, false);
  const empty = { TAPBOOT_IMAGE: '', BOOT_IMAGE_VM_LOG_ROOT: '', TAPBOOT_RAM_FORMAT: '' };
  t.match(
    readConfig(empty, {}, '/'),
    { image: undefined, logRoot: '/notes', ramFormat: 'auto' },
    'an empty variable is none',
  );
});

t.test('numbers that are also 0, or a word', async (t) => {
  const of = (flags: Flags) => readConfig({}, flags, '/');
  t.equal(of({}).workers, undefined);
  t.equal(of({ workers: 'auto' }).workers, undefined);
  t.equal(of({ workers: ' 3 ' }).workers, 3);
  t.equal(of({}).retries, 0);
  t.equal(of({ retries: '0' }).retries, 0);
  t.equal(of({ retries: '2' }).retries, 2);
  t.throws(() => of({ workers: '0' }), {
    message: /^--workers /,
    details: { expected: 'a positive integer (workers), or auto' },
  });
  t.throws(() => of({ retries: '-1' }), {
    message: /^--retries /,
    details: { expected: 'a whole number (further attempts)', hint: /of 0 or more/ },
  });
});

t.test('where snapshots are kept, and how much of them', async (t) => {
  const mebibyte = 1024 ** 2;
  t.match(readConfig({}, {}, '/somewhere'), {
    snapshotDirectory: undefined,
    snapshotLimitBytes: 5120 * mebibyte,
  });
  const env = { TAPBOOT_SNAPSHOT_DIR: 'states', TAPBOOT_SNAPSHOT_LIMIT: '7' };
  t.match(readConfig(env, {}, '/somewhere'), {
    snapshotDirectory: '/somewhere/states',
    snapshotLimitBytes: 7 * mebibyte,
  });
  t.equal(readConfig({}, {}, '/').ramFormat, 'auto');
  t.equal(readConfig({ TAPBOOT_RAM_FORMAT: 'shared-ram' }, {}, '/').ramFormat, 'shared-ram');
  t.throws(() => readConfig({ TAPBOOT_RAM_FORMAT: 'fast' }, {}, '/'), {
    code: 'TAPBOOT_E_CONFIG_VALUE',
    failureClass: 'scenario',
  });
  t.throws(() => readConfig({ TAPBOOT_SNAPSHOT_LIMIT: 'much' }, {}, '/'), {
    code: 'TAPBOOT_E_CONFIG_VALUE',
    failureClass: 'scenario',
  });
});

t.test('the ledger is switched off by 1, true, yes, and by nothing unclear', async (t) => {
  const ledger = (value: string) =>
    readConfig({ BOOT_IMAGE_VM_DISABLE_LEDGER: value }, {}, '/somewhere').ledgerPath;
  for (const yes of ['1', 'true', 'YES', 'True']) t.equal(ledger(yes), undefined, yes);
  for (const no of ['0', 'false', 'no', '']) t.type(ledger(no), 'string', no);
  t.throws(() => ledger('maybe'), { code: 'TAPBOOT_E_CONFIG_VALUE', failureClass: 'scenario' });
});

t.test(
  'a value that cannot be used names the setting, what is expected, what there is',
  async (t) => {
    const week = 7 * 24 * 3600;
    const long = [String(week + 1), '2592000', '99999999999999999999'];
    for (const value of ['0', '-1', '1.5', 'soon', '', '1e3', '0x10', ...long]) {
      for (const name of ['BOOT_IMAGE_VM_SPAWN_TIMEOUT', 'BOOT_IMAGE_VM_LOGIN_TIMEOUT']) {
        t.throws(() => readConfig({ [name]: value }, {}, '/'), {
          code: 'TAPBOOT_E_CONFIG_VALUE',
          failureClass: 'scenario',
          message: `${name} has a value that cannot be used`,
          details: {
            expected: 'a positive integer (seconds), at most 7 days',
            got: JSON.stringify(value),
          },
        });
      }
    }
    const most = readConfig(
      { BOOT_IMAGE_VM_SPAWN_TIMEOUT: String(week) },
      { debugFor: '168h' },
      '/',
    );
    t.match(most, { spawnTimeoutSeconds: week, debugForMs: week * 1000 });
    t.throws(() => readConfig({}, { debugFor: '720h' }, '/'), {
      message: /^--debug-for /,
      details: { expected: 'a duration such as 90s, 10m or 1h, at most 7 days', got: '"720h"' },
    });
    t.throws(() => readConfig({}, { budget: '10081' }, '/'), {
      message: /^--budget /,
      details: { expected: 'a positive integer (minutes), at most 7 days', got: '"10081"' },
    });
    t.throws(() => readConfig({ TAPBOOT_SNAPSHOT_LIMIT: '8589934592' }, {}, '/'), {
      message: /^TAPBOOT_SNAPSHOT_LIMIT /,
      details: {
        expected: 'a positive integer (MiB), at most 8589934591',
        hint: /1 to 8589934591,/,
      },
    });
    t.throws(() => readConfig({}, { budget: 'all' }, '/'), { message: /^--budget / });
    t.throws(() => readConfig({}, { repeat: '0' }, '/'), { message: /^--repeat / });
    t.throws(() => readConfig({}, { accel: 'xen' }, '/'), {
      message: /^--accel /,
      details: { expected: 'one of auto, kvm, tcg', got: '"xen"' },
    });
    t.throws(() => readConfig({}, { tapVersion: '12' }, '/'), { message: /^--tap-version / });
    t.throws(() => readConfig({}, { reporter: 'dots' }, '/'), { message: /^--reporter / });
    try {
      readConfig({ BOOT_IMAGE_VM_SPAWN_TIMEOUT: '15m' }, {}, '/');
      t.fail('must throw');
    } catch (error) {
      t.ok(error instanceof TapbootError);
      t.equal(
        describeError(error as TapbootError),
        [
          'BOOT_IMAGE_VM_SPAWN_TIMEOUT has a value that cannot be used [TAPBOOT_E_CONFIG_VALUE]',
          '  expected: a positive integer (seconds), at most 7 days',
          '  got:      "15m"',
          '  next:     Set BOOT_IMAGE_VM_SPAWN_TIMEOUT to a whole number of 1 to 604800, or leave it out for the default.',
        ].join('\n'),
      );
    }
  },
);

t.test('only our own variables are recorded, and no secrets', async (t) => {
  t.strictSame(
    overridesInForce({
      PATH: '/bin',
      GITHUB_TOKEN: 'x',
      HOME: '/root',
      BOOT_IMAGE: 'no',
      XTAPBOOT_A: 'no',
      TAPBOOT_IMAGE: 'debian',
      BOOT_IMAGE_VM_SPAWN_TIMEOUT: '60',
      TAPBOOT_UNSET: undefined,
      TAPBOOT_GUEST_PASSWORD: 'hunter2',
      TAPBOOT_API_TOKEN: 't',
      BOOT_IMAGE_VM_SSH_KEY: 'k',
      TAPBOOT_SECRET_WORD: 's',
      TAPBOOT_KEYBOARD: 'us',
    }),
    {
      BOOT_IMAGE_VM_SPAWN_TIMEOUT: '60',
      BOOT_IMAGE_VM_SSH_KEY: '[redacted]',
      TAPBOOT_API_TOKEN: '[redacted]',
      TAPBOOT_GUEST_PASSWORD: '[redacted]',
      TAPBOOT_IMAGE: 'debian',
      TAPBOOT_KEYBOARD: 'us',
      TAPBOOT_SECRET_WORD: '[redacted]',
    },
  );
  t.strictSame(
    overridesInForce({ TAPBOOT_ADMIN: 'a hunter2' }, (text) =>
      text.replace('hunter2', '[redacted]'),
    ),
    { TAPBOOT_ADMIN: 'a [redacted]' },
    'a value that a scenario redacts, whatever its variable is called',
  );
});

t.test('what chooses scenarios, and when a run stops', async (t) => {
  const of = (flags: Flags, env = {}) => readConfig(env, flags, '/somewhere');
  t.match(of({}), {
    grep: undefined,
    lastFailed: false,
    shard: undefined,
    shardTimesPath: undefined,
    maxFailures: undefined,
    timeLimitMs: undefined,
    timeoutFactor: 1,
  });
  t.same(of({ grep: 'a.b' }).grep, { text: 'a.b' });
  t.same(of({ grep: '/a.b/i' }).grep, { pattern: { source: 'a.b', flags: 'i' } });
  t.same(of({ grep: '/etc' }).grep, { text: '/etc' });
  t.match(of({ shard: ' 2/5 ', shardTimes: 'all.jsonl', lastFailed: true }), {
    shard: { index: 2, total: 5 },
    shardTimesPath: '/somewhere/all.jsonl',
    lastFailed: true,
  });
  t.match(of({ bail: true, timeLimit: '90m' }), { maxFailures: 1, timeLimitMs: 5_400_000 });
  t.equal(of({ maxFailures: '3' }).maxFailures, 3);
  t.equal(of({ timeoutFactor: 'auto' }).timeoutFactor, 'auto');
  t.equal(of({}, { TAPBOOT_TIMEOUT_FACTOR: '2.5' }).timeoutFactor, 2.5);
  t.equal(of({ timeoutFactor: '0.1' }, { TAPBOOT_TIMEOUT_FACTOR: 'x' }).timeoutFactor, 0.1);
  for (const [flags, message, details] of [
    [{ grep: '/a(/' }, /^--grep /, { got: /^"\/a\(\/": .*unterminated group/ }],
    [{ grep: '/a/g' }, /^--grep /, { got: '"/a/g": flags out of i, m, s and u' }],
    ...['0/5', '6/5', '1/0', '1', '1/', 'a/b', '1/2/3', '-1/2', '1.0/2', '1/10000'].map(
      (shard) => [{ shard }, /^--shard /, { got: JSON.stringify(shard) }] as const,
    ),
    [{ shardTimes: 'x' }, '--shard-times needs --shard', {}],
    [{ bail: true, maxFailures: '2' }, '--bail and --max-failures exclude each other', {}],
    [{ maxFailures: '0' }, /^--max-failures /, {}],
    [{ timeLimit: '0s' }, /^--time-limit /, {}],
    ...['0', '0.05', '101', '1e2', '-1', 'slow', '1,5', ''].map(
      (timeoutFactor) =>
        [
          { timeoutFactor },
          /^--timeout-factor /,
          { expected: 'a number from 0.1 to 100, or auto', got: JSON.stringify(timeoutFactor) },
        ] as const,
    ),
  ] as const) {
    const code = 'TAPBOOT_E_CONFIG_VALUE';
    t.throws(() => of(flags), { code, message, details }, JSON.stringify(flags));
  }
  for (const wrong of ['fast', '']) {
    t.throws(() => of({}, { TAPBOOT_TIMEOUT_FACTOR: wrong }), {
      message: /^TAPBOOT_TIMEOUT_FACTOR /,
    });
  }
});

t.test('list reads what chooses scenarios, and nothing else', async (t) => {
  const env = { TAPBOOT_TIMEOUT_FACTOR: 'wrong', BOOT_IMAGE_VM_LEDGER_PATH: 'l.jsonl' };
  t.same(selectionSettings(env, { grep: 'x' }, '/w'), {
    grep: { text: 'x' },
    lastFailed: false,
    shard: undefined,
    shardTimesPath: undefined,
    ledgerPath: '/w/l.jsonl',
  });
});
