// A tool that fails has not found nothing: without its answer there is no verdict about a disk.
import { writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { inspectDisk } from '../../../driver/residue/index.js';
import { recordedDisk } from './fixtures/disk.js';

/** Inspects a disk with partitions by a tool that is a script. */
async function inspectWith(t: Test, tool: 'blkid' | 'wipefs' | 'qemuImg', script: string) {
  const directory = t.testdir();
  const command = `${directory}/tool`;
  writeFileSync(command, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return await inspectDisk(recordedDisk(directory, 'gpt'), { tools: { [tool]: command } });
}

const failures = [
  ['status 2 with an error text', 'echo "blkid: error: Input/output error" >&2; exit 2'],
  ['another status', 'exit 4'],
  ['a signal', 'kill -KILL $$'],
] as const;

for (const [name, script] of failures) {
  await t.test(`blkid ends with ${name}`, async (t) => {
    await t.rejects(inspectWith(t, 'blkid', script), {
      failureClass: 'infra',
      code: 'TAPBOOT_E_TOOL_FAILED',
    });
  });
}

await t.test('what blkid says with a status that is an answer', async (t) => {
  const none = await inspectWith(t, 'blkid', 'exit 2');
  t.notOk(
    none.findings.some(({ detail }) => detail['seen_by'] === 'blkid'),
    'nothing found',
  );
  const one = await inspectWith(t, 'blkid', 'echo TYPE=odd');
  t.ok(
    one.findings.some(({ detail }) => detail['type'] === 'odd'),
    'found',
  );
  const several = await inspectWith(t, 'blkid', 'echo "blkid: ambivalent result" >&2; exit 8');
  t.ok(
    several.findings.some(({ detail }) => detail['type'] === 'ambivalent'),
    'several at once',
  );
});

await t.test('wipefs fails', async (t) => {
  const rejected = inspectWith(t, 'wipefs', 'echo "wipefs: error: no" >&2; exit 1');
  await t.rejects(rejected, { code: 'TAPBOOT_E_TOOL_FAILED' });
});

await t.test('a map that leaves out parts of the disk', async (t) => {
  const entry = '"depth":0,"zero":false,"data":true';
  const maps = {
    'all of it': '[]',
    'its end': `[{"start":0,"length":4096,${entry}}]`,
    'a part between': `[{"start":0,"length":4096,${entry}},{"start":8192,"length":999999999,${entry}}]`,
  };
  for (const [name, map] of Object.entries(maps)) {
    await t.rejects(
      inspectWith(t, 'qemuImg', `echo '${map}'`),
      { code: 'TAPBOOT_E_TOOL_FAILED', details: { expected: /a map without gaps/ } },
      name,
    );
  }
});
