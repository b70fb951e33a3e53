// What a compiled test file gets as `t`: the test of that file within its group, named by the
// query of the import. Outside a group it is tap's own.
import tap from 'tap';

const file = new URL(import.meta.url).search.slice(1);
const group = globalThis[Symbol.for('tapboot.test-group')];

export default group?.get(decodeURIComponent(file)) ?? tap;
