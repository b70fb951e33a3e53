import t from 'tap';
import { manyRestores } from './many-restores.js';

t.setTimeout(20 * 60_000);

t.test('10 in a row, then 4 at once', (t) => manyRestores(t, 10, 4));
