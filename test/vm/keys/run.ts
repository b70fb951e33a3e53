import { readdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Test } from 'tap';
import { writePageScenarios } from '../../helpers/page-examples.js';
import { Place, projectRoot, type TapbootRun } from '../../helpers/run-tapboot.js';
import { soaking } from '../../helpers/soak.js';
import { shown, type TapScenario } from '../../helpers/tap-tree.js';

/** The examples of pages that are run every day; the others in the soak. */
const DAILY_PAGES = /page-(?:run|disks|start)\.yaml$/;

/** The scenarios that use the keys. */
export const directory = join(projectRoot, 'test/vm/keys');

/** Somebody on the host for a guest that may go out. @returns the port */
async function somebodyOnTheHost(t: Test): Promise<number> {
  const host = createServer((socket) => socket.end('hello from the host\n'));
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  t.teardown(() => host.close());
  return (host.address() as AddressInfo).port;
}

/** Runs the scenarios that a form of the image is for. */
export async function runKeys(
  t: Test,
  image: string,
  tags: string[],
): Promise<TapbootRun & { place: Place }> {
  const port = await somebodyOnTheHost(t);
  const place = await Place.make(t);
  const pages = (await writePageScenarios(join(place.directory, 'pages'))).filter(
    (file) => soaking || DAILY_PAGES.test(file),
  );
  const own = readdirSync(directory).filter((name) => name.endsWith('.yaml'));
  const end = await place.run([
    ...['run', '--image', image, '--accel', 'tcg', ...tags],
    // All of them, however slow the machine.
    ...['--budget', '600'],
    ...['--var', `host_port=${String(port)}`],
    ...own.map((name) => join(directory, name)),
    ...pages,
  ]);
  t.same(end.tap.violations, [], 'TAP and nothing else on stdout');
  return { ...end, place };
}

/** Every step was run, and held. */
export function holds(t: Test, told: TapScenario): void {
  const wrong = told.steps.filter(({ ok, skip }) => !ok || skip !== undefined);
  const words = [...wrong, told].map((point) => `${point.title}: ${shown(point)}`).join('\n');
  t.ok(told.ok && wrong.length === 0, `${told.title}${told.ok ? '' : `\n${words}`}`);
}
