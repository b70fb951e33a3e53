// A hundred restores from one snapshot, then twenty at once.
import t from 'tap';
import { manyRestores } from '../vm/many-restores.js';

t.test('100 in a row, then 20 at once', (t) => manyRestores(t, 100, 20));
