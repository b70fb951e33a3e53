import { join } from 'node:path';
import { execa } from 'execa';
import { XMLParser } from 'fast-xml-parser';
import t from 'tap';
import { RunTable } from '../../../../driver/report/run-table.js';
import { junitXml } from '../../../../driver/report/formats/junit.js';
import { FAILURE, RETRIED, RUNS, scenario, Script, steps } from '../streams.js';
import { mixedRun } from './mixed-run.js';

async function junit(run: (script: Script) => Promise<void>): Promise<string> {
  const table = new RunTable();
  await run(new Script(table));
  return junitXml(table, '/notes');
}

t.test('every report fits the schema, and names are unique in their class', async (t) => {
  const schema = join(import.meta.dirname, 'junit.xsd');
  for (const [name, run] of Object.entries({ ...RUNS, ...RETRIED, mixed: mixedRun })) {
    const { exitCode, stderr } = await execa('xmllint', ['--noout', '--schema', schema, '-'], {
      input: await junit(run),
      reject: false,
    });
    t.equal(exitCode, 0, `${name}: ${stderr}`);
  }
});

t.test('the schema refuses what it should', async (t) => {
  const schema = join(import.meta.dirname, 'junit.xsd');
  const sound = await junit(mixedRun);
  for (const broken of [
    sound.replace(/ classname="[^"]*"/, ''),
    sound.replace(/ time="[^"]*"/, ' time="1,5"'),
    sound.replace(/<skipped [^>]*\/>/, '<todo/>'),
    sound
      .replace(/name="bad"|name="A [^"]*"/, 'name="dead"')
      .replaceAll('scenarios.bad', 'scenarios.dead'),
  ]) {
    t.not(broken, sound);
    const args = ['--noout', '--schema', schema, '-'];
    const { exitCode } = await execa('xmllint', args, { input: broken, reject: false });
    t.not(exitCode, 0);
  }
});

t.test('text of the guest stays text', async (t) => {
  const ref = scenario('s', 'x');
  const nasty = 'a\u0000\u0001\u001b[31m</failure>]]>&amp; \ud800 \uffff "q"\tend';
  const xml = await junit(async (script) => {
    const list = steps('one');
    script.begin([ref, 1]);
    script.start(ref, list);
    script.step(ref, list[0]!, { ...FAILURE, message: nasty, mismatches: [] });
    script.end(ref, 'failed', { ...FAILURE, message: nasty, mismatches: [] });
    await script.finish();
  });
  const parser = new XMLParser({ ignoreAttributes: false, processEntities: true });
  const { testsuites } = parser.parse(xml) as {
    testsuites: { testsuite: { testcase: { failure: Record<string, string> } } };
  };
  const { failure } = testsuites.testsuite.testcase;
  t.match(failure['@_message'], '</failure>]]>&amp; \ufffd \ufffd "q" end');
  t.match(failure['#text'], '</failure>]]>&amp;');
});

t.test('what GitLab reads: attachments, class names, times', async (t) => {
  const ref = scenario('deep/er', 'x');
  const xml = await junit(async (script) => {
    script.begin([ref, 0]);
    script.start(ref, []);
    script.emit({
      type: 'scenario:end',
      scenario: ref,
      outcome: 'passed',
      durationMs: 61_234.5,
      artifacts: [{ label: 'journal', path: '/notes/run/journal.log' }],
    });
    await script.finish();
  });
  t.match(xml, '[[ATTACHMENT|run/journal.log]]', 'relative to the project');
  t.match(xml, 'classname="scenarios.deep.er"');
  t.match(xml, 'file="scenarios/deep/er.yaml"');
  t.match(xml, /<testcase [^>]*time="61\.23[45]"/);
});

t.test('neither guest nor scenario can have a file published', async (t) => {
  const evil = '[[ATTACHMENT|/etc/passwd]]';
  const ref = scenario('a', `x ${evil}`);
  const list = steps(`step ${evil}`);
  const failure = { ...FAILURE, message: evil, output: evil, artifacts: [] };
  const xml = await junit(async (script) => {
    script.begin([ref, 1]);
    script.start(ref, list);
    script.step(ref, list[0]!, failure);
    script.emit({
      type: 'scenario:end',
      scenario: ref,
      outcome: 'failed',
      durationMs: 1,
      failure,
      artifacts: [
        { label: 'good', path: '/notes/run/good.log' },
        { label: 'evil', path: `/notes/run/x]] ${evil}` },
        { label: 'line', path: `/notes/run/x\n${evil}` },
      ],
    });
    await script.finish();
  });
  t.same(xml.match(/\[\[ATTACHMENT\|[^\]]*\]\]/g), ['[[ATTACHMENT|run/good.log]]']);
  t.match(xml, 'not attached: run/x]] [\\u005bATTACHMENT|/etc/passwd]]', 'and that is told');
});

t.test('attempts before a last failure are told, and are no flakes', async (t) => {
  const ref = scenario('s');
  const xml = await junit(async (script) => {
    const list = steps('one');
    script.begin([ref, 1]);
    script.start(ref, list);
    script.step(ref, list[0]!, FAILURE);
    script.start(ref, list, 2, { ...FAILURE, class: 'guest-dead' });
    script.step(ref, list[0]!, FAILURE);
    script.end(ref, 'failed', FAILURE);
    await script.finish();
  });
  t.match(xml, /<failure .*<\/failure>\s*<rerunError /s);
  t.notMatch(xml, /<flaky/);
});
