// Every key of the scenario language on a real machine, and the examples of the pages about steps.
// Each file of keys/ asserts what its keys do; fails.yaml, that expectations can fail. That no key
// is left out is checked by test/unit/scenario/key-usage.test.ts.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { RunEvent } from '../../driver/events/events.js';
import { loadScenarios } from '../../driver/scenario/index.js';
import { projectRoot, type TapbootRun } from '../helpers/run-tapboot.js';
import { inSoak, soaking } from '../helpers/soak.js';
import { shown } from '../helpers/tap-tree.js';
import { directory, holds, runKeys } from './keys/run.js';

const FAILS = 'What does not hold fails';

type StepEnd = Extract<RunEvent, { type: 'step:end' }>;

t.setTimeout(30 * 60_000);

function stepEnds({ runDirectory = '' }: TapbootRun): StepEnd[] {
  return readFileSync(join(runDirectory, 'logs/events.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent)
    .filter((event) => event.type === 'step:end');
}

t.test('every key', async (t) => {
  const some = soaking ? [] : ['--not-tag', 'long'];
  const end = await runKeys(t, 'debian:fast', ['--not-tag', 'iso', ...some]);
  for (const told of end.tap.scenarios.filter(({ title }) => title !== FAILS)) holds(t, told);
  t.equal(
    end.code,
    soaking ? 1 : 0,
    'a scenario keeps its first failure, of class product in fails.yaml',
  );
  const steps = stepEnds(end);
  const artifact = (label: string): string => {
    const found = steps.flatMap(({ artifacts }) => artifacts).find((each) => each.label === label);
    return readFileSync(found?.path ?? '', 'utf8');
  };

  await inSoak(t, 'what does not hold fails, each step for its own reason', async (t) => {
    const [, ...judged] = end.tap.scenarios.find(({ title }) => title === FAILS)?.steps ?? [];
    t.ok(judged.length > 30, 'all steps are told');
    for (const step of judged) {
      if (step.title === 'skipped') {
        t.match(step.skip, /^step 2 failed/, 'after a failure a step is skipped');
        continue;
      }
      const [, failureClass, code, says = ''] = /^(\S+) (\S+): (.*)$/.exec(step.title) ?? [];
      t.match(step, { ok: false, diagnosis: { class: failureClass, code } }, step.title);
      const words = shown(step);
      t.same(
        says.split(', ').filter((part) => !words.includes(part)),
        [],
        `it says: ${says}`,
      );
    }
    t.end();
  });

  await t.test('a command goes over the channel that is asked for', async (t) => {
    const loaded = await loadScenarios([directory], { workingDirectory: projectRoot });
    const asked = loaded.flatMap(({ id, steps: all }) =>
      all.flatMap(({ channel }, index) =>
        channel === undefined || id === 'fails' ? [] : [{ id, index: index + 1, channel }],
      ),
    );
    t.ok(asked.length > 10);
    for (const { id, index, channel } of asked) {
      const end = steps.find(({ scenario, step }) => scenario.id === id && step.index === index);
      if (end?.step.kind === 'console') continue;
      t.match(end?.commands[0], { channel }, `${id}: ${end?.step.title ?? 'no step'}`);
    }
  });

  if (soaking) {
    const notes = steps
      .filter(({ scenario }) => scenario.id === 'blank')
      .flatMap((each) => each.notes);
    t.ok(notes.includes('resurrection: vdb, vdc blank: nothing to bring back'));
    const second = end.metadata?.vms.filter(({ name }) => name.startsWith('blank-resurrect'));
    t.equal(second?.length, 1, 'for the one byte that was left');
  }

  await t.test('what goes beyond the output limit is counted', (t) => {
    const limited = steps.filter(({ step }) => /keeps 4 bytes of 5000$/.test(step.title));
    t.equal(limited.length, 3);
    for (const { step, commands } of limited) {
      t.match(commands[0], { stdout: 'xxxx', dropped: { stdout: 4996 } }, step.title);
    }
    t.end();
  });

  await t.test('copies and pictures are among the artifacts', (t) => {
    t.equal(artifact('deep/answer.txt'), 'hello from the guest\n');
    if (soaking) {
      t.not(artifact('installed/fstab'), '');
      t.equal(artifact('back.txt'), 'hello from the host\n');
      t.match(artifact('screenshot keys'), /^.PNG/);
    }
    t.end();
  });

  await t.test('a matrix is one scenario for each value', (t) => {
    t.same(
      end.ledger[0]?.scenarios.map(({ id }) => id).filter((id) => id?.startsWith('matrix')),
      ['one', '2.50', 'true'].map((value) => `matrix[value=${value}]`),
    );
    t.end();
  });

  await t.test('what is redacted is nowhere', (t) => {
    const files = readdirSync(end.place.logRoot, { recursive: true, encoding: 'utf8' })
      .map((name) => join(end.place.logRoot, name))
      .filter((file) => statSync(file).isFile());
    t.ok(files.length > 10);
    const texts = files.map((file) => [file, readFileSync(file, 'latin1')]);
    t.ok(
      texts.some(([file, text]) => file?.endsWith('events.jsonl') && text?.includes('[redacted]')),
    );
    const all = [...texts, ['stdout', end.stdout], ['stderr', end.stderr]];
    t.same(
      all.filter(([, text]) => text?.includes('hush-hush-keys')).map(([name]) => name),
      [],
    );
    t.end();
  });

  await end.place.expectNothingLeft(t);
});
