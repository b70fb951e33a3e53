import t from 'tap';
import { closeAfter, type TestContext } from '../../../driver/library/test-context.js';
import type { BootImageVM } from '../../../driver/library/vm-interface.js';

/** Only what is used of a machine here; what it is asked for is remembered. */
function machine() {
  const asked: string[] = [];
  const vm = {
    markFailed: async (reason: string) => {
      asked.push(`failed: ${reason}`);
    },
    close: async () => {
      asked.push('close');
    },
  } as unknown as BootImageVM;
  return { asked, vm };
}

async function after(context: (hook: (work: () => Promise<void>) => void) => TestContext) {
  const { asked, vm } = machine();
  let work: (() => Promise<void>) | undefined;
  closeAfter(
    context((given) => (work = given)),
    vm,
  );
  const before = [...asked];
  await work?.();
  return { before, asked };
}

t.test('the use ends with the test, in each runner', async (t) => {
  for (const name of ['teardown', 'after', 'onTestFinished'] as const) {
    t.same(await after((hook) => ({ [name]: hook })), { before: [], asked: ['close'] }, name);
  }
});

t.test('a failed tap test keeps its evidence first', async (t) => {
  const failed = await after((teardown) => ({ teardown, passing: () => false, name: 'boots' }));
  t.same(failed.asked, ['failed: test failed: boots', 'close']);
  const passed = await after((teardown) => ({ teardown, passing: () => true, name: 'boots' }));
  t.same(passed.asked, ['close']);
});

t.test('something without a hook is refused', async (t) => {
  t.throws(() => closeAfter({}, machine().vm), { code: 'TAPBOOT_E_FIXTURE_OPTIONS' });
});

t.test('tap and node:test give what is expected of a context', async (t) => {
  const tap: TestContext = t;
  t.type(tap.teardown, 'function');
  t.equal(tap.passing?.(), true);
});
