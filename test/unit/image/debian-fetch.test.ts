import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { ProviderContext } from '../../../driver/image/image.js';
import { fetchImage, provideImage } from '../../../driver/image/providers.js';
import { projectRoot } from '../../helpers/vm-host.js';
import { StandIns } from '../run/stand-in-tools.js';

const context = (cacheDirectory: string): ProviderContext => ({
  cacheDirectory,
  projectRoot,
  workingDirectory: projectRoot,
  progress: { stage: () => undefined, log: () => undefined },
});

const downloads = (tools: StandIns): number =>
  tools.has('downloads') ? tools.file('downloads').toString().trim().split('\n').length : 0;

t.test('what was downloaded before the build is not downloaded again', async (t) => {
  const tools = new StandIns(t, { mmdebstrap: '', kvm: '', tcg: '' });
  const given = context(join(tools.directory, 'cache'));
  t.equal(await fetchImage('debian,agent=none', given), 'all 2 packages are there');
  t.notOk(tools.has('installing'), 'nothing is built');
  t.equal(downloads(tools), 1);
  t.match(await provideImage('debian,agent=none', given), { cached: false });
  t.equal(await fetchImage('debian:iso', given), 'the image is built already');
  t.equal(downloads(tools), 1);
});

t.test('on a host without package lists they come first', async (t) => {
  const tools = new StandIns(t, { mmdebstrap: '', kvm: '', tcg: '' });
  await rm(join(tools.directory, 'lists'), { recursive: true });
  const given = context(join(tools.directory, 'cache'));
  t.equal(await fetchImage('debian', given), 'all 2 packages are there');
  t.ok(tools.has('lists-of-our-own'));
});

t.test('other providers have nothing to download, and a wrong SPEC is an error', async (t) => {
  const given = context(t.testdir());
  t.equal(await fetchImage('file:kernel=k', given), 'nothing to download before the build');
  await t.rejects(fetchImage('debian:fats', given), { code: 'TAPBOOT_E_IMAGE_OPTION' });
  await t.rejects(fetchImage('debain', given), { code: 'TAPBOOT_E_IMAGE_PROVIDER' });
});
