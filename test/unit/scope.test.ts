import t from 'tap';
import { Scope } from '../../driver/scope.js';

t.test('closes in reverse order, once, and all of it even when something fails', async (t) => {
  const closed: string[] = [];
  const scope = new Scope();
  scope.defer(() => void closed.push('first'));
  scope.defer(() => {
    closed.push('broken');
    throw new Error('cannot close');
  });
  scope.use({ [Symbol.asyncDispose]: async () => void closed.push('last') });
  await t.rejects(scope.close(), /cannot close/);
  await scope.close();
  t.strictSame(closed, ['last', 'broken', 'first']);
});

t.test('what is released is closed by the new owner alone', async (t) => {
  const closed: string[] = [];
  let owner: Scope;
  {
    await using scope = new Scope();
    scope.defer(() => void closed.push('resource'));
    owner = scope.release();
  }
  t.strictSame(closed, []);
  await owner.close();
  t.strictSame(closed, ['resource']);
});
