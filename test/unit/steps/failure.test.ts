import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { plain } from '../../helpers/plain.js';
import t from 'tap';
import { infraError, productError } from '../../../driver/errors.js';
import { failureOf, sourcePath, stepRefs, UnmetExpectation } from '../../../driver/steps/index.js';
import { skipReason } from '../../../driver/steps/run-scenario-steps.js';
import { exitWords, lastLines, quoted, seconds } from '../../../driver/steps/wording.js';
import { nearNames } from '../../../driver/steps/wait/unit-failures.js';
import { run, scenarioOf } from './scenario-of.js';

t.test('a failure carries the excerpt around its place', async (t) => {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'tapboot-frame-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const file = path.join(directory, 'a.yaml');
  await writeFile(file, 'name: x\nsteps:\n  - run: secret\n  - run: false\n  - run: true\n');
  const failure = failureOf(
    new UnmetExpectation('TAPBOOT_E_EXPECTATION', 'secret message', [
      { what: 'exit status', expected: '0', got: 'secret' },
    ]),
    {
      scenario: { file: 'a.yaml', path: file },
      at: { file: 'a.yaml', line: 4, column: 5 },
      phase: 'step',
      redact: (text) => text.replaceAll('secret', '[redacted]'),
    },
  );
  t.strictSame(plain(failure), {
    class: 'product',
    code: 'TAPBOOT_E_EXPECTATION',
    message: '[redacted] message',
    phase: 'step',
    at: { file: 'a.yaml', line: 4, column: 5 },
    mismatches: [{ what: 'exit status', expected: '0', got: '[redacted]' }],
    frame: [
      '  3 |   - run: [redacted]',
      '> 4 |   - run: false',
      '    |     ^',
      '  5 |   - run: true',
      '  6 |',
    ].join('\n'),
    artifacts: [],
  });
});

t.test('expected and got of any error count as a mismatch; its own place goes first', (t) => {
  const failure = failureOf(
    productError('TAPBOOT_E_EXPECTATION', 'm', {
      expected: 'a',
      got: 'b',
      hint: 'h',
      output: 'o',
      at: { file: '/gone.yaml', line: 9, column: 1 },
    }),
    { scenario: { file: 's', path: '/s' }, at: { file: 's', line: 1, column: 1 }, phase: 'boot' },
  );
  t.strictSame(plain(failure.mismatches), [{ what: 'expectation', expected: 'a', got: 'b' }]);
  t.match(failure, { at: { line: 9 }, hint: 'h', output: 'o', phase: 'boot' });
  t.equal(failure.frame, undefined, 'a file that is gone has no excerpt');
  const bare = failureOf(infraError('TAPBOOT_E_IMAGE_BUILD', 'm'), {
    scenario: { file: 's', path: '/s' },
    phase: 'build',
  });
  t.strictSame(bare.mismatches, []);
  t.equal(bare.at, undefined);
  t.end();
});

t.test('places of plan files count from where the loader stood', (t) => {
  const scenario = { file: 'scenarios/a.yaml', path: '/tree/scenarios/a.yaml' };
  const at = (file: string) => ({ file, line: 1, column: 1 });
  t.equal(sourcePath(scenario, at('scenarios/a.yaml')), '/tree/scenarios/a.yaml');
  t.equal(sourcePath(scenario, at('scenarios/plans/p.yaml')), '/tree/scenarios/plans/p.yaml');
  t.equal(sourcePath(scenario, at('/elsewhere/p.yaml')), '/elsewhere/p.yaml');
  t.end();
});

t.test('who is skipped', (t) => {
  const guest = { always: false, hostSide: false };
  t.equal(skipReason(guest, { interrupted: false }), undefined);
  t.equal(skipReason(guest, { interrupted: false, failedStep: 2 }), 'step 2 failed');
  t.equal(skipReason({ ...guest, always: true }, { interrupted: false, failedStep: 2 }), undefined);
  const dead = { interrupted: false, failedStep: 2, death: 'panic' };
  t.equal(skipReason({ ...guest, always: true }, dead), 'the guest is dead: panic');
  t.equal(skipReason({ always: true, hostSide: true }, dead), undefined);
  t.equal(skipReason({ always: false, hostSide: true }, dead), 'the guest is dead: panic');
  t.equal(
    skipReason({ always: true, hostSide: true }, { ...dead, interrupted: true }),
    'interrupted',
  );
  t.end();
});

t.test('titles of steps from plans name the plan, once', (t) => {
  const at = { file: 's', line: 3, column: 3 };
  const via = { plan: 'residue', section: 'seed', at };
  const refs = stepRefs(
    scenarioOf([
      run('a', { via }),
      run('residue/seed: b', { via, title: 'residue/seed: b' }),
      run('pw'),
    ]),
    (text) => text.replace('pw', '***'),
  );
  t.strictSame(
    refs.map(({ index, title, kind }) => [index, title, kind]),
    [
      [1, 'residue/seed: a', 'run'],
      [2, 'residue/seed: b', 'run'],
      [3, '***', 'run'],
    ],
  );
  t.end();
});

t.test('wording', (t) => {
  t.equal(seconds(420_000), '420 s');
  t.equal(seconds(1500), '1.5 s');
  t.equal(quoted('a\n  b'), '`a; b`');
  t.equal(quoted('x'.repeat(100)).length, 82);
  t.equal(lastLines('a\nb\nc\n', 2), '… 1 lines before\nb\nc');
  t.equal(lastLines('\n'), '');
  t.equal(exitWords({ oneOf: [0, 3] }), 'exit status 0 or 3');
  t.strictSame(
    nearNames('pre-nixo.service', ['ssh.service', 'pre-nixos.service', 'pre-nixos2.service']),
    ['pre-nixos.service', 'pre-nixos2.service'],
  );
  t.strictSame(nearNames('x.service', ['systemd-journald.socket']), []);
  t.end();
});
