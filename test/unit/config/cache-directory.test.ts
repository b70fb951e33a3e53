import t from 'tap';
import { userCacheDirectory } from '../../../driver/config/cache-directory.js';

t.test('XDG_CACHE_HOME goes before HOME', async (t) => {
  t.equal(userCacheDirectory({ XDG_CACHE_HOME: '/c', HOME: '/h' }), '/c/tapboot');
  t.equal(userCacheDirectory({ HOME: '/h' }), '/h/.cache/tapboot');
});

t.test('an empty or relative XDG_CACHE_HOME is ignored', async (t) => {
  t.equal(userCacheDirectory({ XDG_CACHE_HOME: '', HOME: '/h' }), '/h/.cache/tapboot');
  t.equal(userCacheDirectory({ XDG_CACHE_HOME: 'c', HOME: '/h' }), '/h/.cache/tapboot');
});

t.test('no place at all is an error that names both variables', async (t) => {
  t.throws(() => userCacheDirectory({ HOME: '' }), {
    code: 'TAPBOOT_E_CACHE_DIRECTORY',
    failureClass: 'infra',
    details: { expected: /XDG_CACHE_HOME or HOME/ },
  });
});
