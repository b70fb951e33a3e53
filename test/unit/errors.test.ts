import t from 'tap';
import { asTapbootError, describeError, scenarioError } from '../../driver/errors.js';

t.test('describeError answers what, where, expected, got, next', async (t) => {
  const error = scenarioError('TAPBOOT_E_SCENARIO_KEY', 'the key is unknown', {
    at: { file: 'a.yaml', line: 3, column: 5 },
    expected: 'run',
    got: 'rnu',
    hint: 'write run',
  });
  t.equal(
    describeError(error),
    [
      'a.yaml:3:5: the key is unknown [TAPBOOT_E_SCENARIO_KEY]',
      '  expected: run',
      '  got:      rnu',
      '  next:     write run',
    ].join('\n'),
  );
});

t.test('what nobody foresaw is infra, never a verdict about the product', async (t) => {
  const error = asTapbootError(new RangeError('boom'));
  t.equal(error.failureClass, 'infra');
  t.equal(error.code, 'TAPBOOT_E_UNEXPECTED');
  t.match(error.details.output, /RangeError: boom/);
});

t.test('a TapbootError passes through untouched', async (t) => {
  const error = scenarioError('TAPBOOT_E_SCENARIO_KEY', 'x');
  t.equal(asTapbootError(error), error);
});

t.test('a full host is named as such', async (t) => {
  for (const code of ['ENOSPC', 'EDQUOT']) {
    const error = asTapbootError(Object.assign(new Error('write'), { code }));
    t.equal(error.code, 'TAPBOOT_E_HOST_FULL');
    t.equal(error.failureClass, 'infra');
  }
  t.equal(
    asTapbootError(Object.assign(new Error('x'), { code: 'EIO' })).code,
    'TAPBOOT_E_UNEXPECTED',
  );
});
