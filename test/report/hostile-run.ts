import type { Failure } from '../../driver/events/events.js';
import type { ReportRecording } from '../../driver/report/html/report-data.js';
import { command, SampleRun } from './sample-run.js';

const OWN = 'window.owned=1';

/** Texts that become code wherever one of them is taken for anything but text. */
export const ATTACKS: readonly string[] = [
  `</script><script>${OWN}</script>`,
  `<img src=x onerror=${OWN}>`,
  `"><svg onload=${OWN}>`,
  `'-${OWN}-'`,
  `\${${OWN}}`,
  `<!--<script>${OWN}`,
  `]]><script>${OWN}</script>`,
  `javascript:${OWN}`,
  `\x1b]8;;javascript:${OWN}\x07link\x1b]8;;\x07`,
  `\x1b[38;2;1;1;1;url(//evil.example)m<b>`,
  '\u2028\u2029\u0000\ud800',
];

/** A run in which everything that a guest, or a scenario, can name is an attack. */
export function hostileRun(): { run: SampleRun; recording: ReportRecording } {
  const all = ATTACKS.join('\n');
  const [bad = '', image = ''] = ATTACKS;
  const scenario = { id: '</script>', name: image, file: bad };
  const at = { file: bad, line: 1, column: 1 };
  const steps = ATTACKS.map((title, index) => ({ index: index + 1, title, kind: image, at }));
  const failure: Failure = {
    class: 'product',
    code: image as Failure['code'],
    message: all,
    phase: 'step',
    at,
    mismatches: [
      { what: all, expected: all, got: all },
      { what: all, expected: '', got: '', diff: `--- ${all}\n+++ ${all}` },
    ],
    hint: all,
    frame: all,
    output: all,
    artifacts: [
      { label: all, path: '/srv/notes/2026-03-01T101500Z-vm-run/javascript:alert(1)' },
      { label: all, path: `/elsewhere/${bad}` },
    ],
    knownIssue: { reason: all, owner: all, expires: image },
  };
  const run = new SampleRun();
  run.begin([{ ...scenario, steps: steps.length, tags: [image] }]);
  run.emit({ type: 'scenario:start', scenario, steps, attempt: 1 });
  run.machine(scenario, 'booted', 1);
  for (const step of steps) {
    run.emit({ type: 'step:start', scenario, step }).wait(0.5);
    run.emit({
      type: 'step:end',
      scenario,
      step,
      outcome: 'failed',
      durationMs: 500,
      failure,
      commands: [command(all, { stdout: all, stderr: all, channel: image, exitStatus: 1 })],
      notes: [all],
      artifacts: failure.artifacts,
      disks: [
        {
          disk: image,
          sizeBytes: 1024 ** 3,
          state: bad,
          nonZero: [],
          findings: [{ offset: 4096, kind: image, what: bad }],
        },
      ],
    });
  }
  run.emit({ type: 'notice', level: 'warning', message: all });
  run.emit({
    type: 'scenario:end',
    scenario,
    outcome: 'failed',
    durationMs: 9,
    failure,
    artifacts: failure.artifacts,
  });
  run.emit({ type: 'vm:end', vm: scenario.id, reason: bad });
  const said = `</pre><script>${OWN}</script>${all.replaceAll('\n', '\r\n')}`;
  const recording: ReportRecording = {
    columns: 80,
    rows: 24,
    omitted: 0,
    events: [
      [0, 'o', said],
      [1, 'm', bad],
    ],
  };
  return { run: run.end('failed', { failed: 1 }), recording };
}
