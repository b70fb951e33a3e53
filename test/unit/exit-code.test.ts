import t from 'tap';
import { exitCode } from '../../driver/exit-code.js';

t.test(
  'precedence: scenario over infra over guest-dead over product over incomplete',
  async (t) => {
    t.equal(exitCode([], false), 0);
    t.equal(exitCode([], true), 75);
    t.equal(exitCode(['product'], true), 1);
    t.equal(exitCode(['product', 'guest-dead'], true), 3);
    t.equal(exitCode(['guest-dead', 'infra', 'product'], false), 4);
    t.equal(exitCode(['infra', 'scenario', 'guest-dead', 'product'], true), 2);
  },
);
