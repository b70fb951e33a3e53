import { join } from 'node:path';
import t from 'tap';
import { findProjectRoot, projectVersion } from '../../../driver/host/project-root.js';

t.test('the project root is the same from sources and from the build', async (t) => {
  const root = t.testdir({
    'package.json': '{"version": "7.8.9"}',
    image: {},
    driver: { cli: {} },
    dist: { driver: { cli: {} } },
  });
  t.equal(findProjectRoot(join(root, 'driver/cli/x.ts')), root);
  t.equal(findProjectRoot(join(root, 'dist/driver/cli/x.js')), root);
  t.equal(projectVersion(root), '7.8.9');
  t.throws(() => findProjectRoot('/no/such/place/x.js'), { code: 'TAPBOOT_E_INSTALLATION' });
});
