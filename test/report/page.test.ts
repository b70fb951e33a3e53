// The report in a real browser: what it shows, whom it serves, and what it does not let through.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import t from 'tap';
import type { RunEvent } from '../../driver/events/events.js';
import { readPageAssets } from '../../driver/report/html/assets.js';
import type { ReportEvidence } from '../../driver/report/html/report-data.js';
import { renderReport } from '../../driver/report/html/render.js';
import { Browser, LOOKS } from './browser.js';
import { hostileRun } from './hostile-run.js';
import { failingRun, largeRun, passingRun } from './sample-run.js';
import { installerRecording, sampleRecording } from './sample-recording.js';

t.setTimeout(10 * 60_000);

const root = join(import.meta.dirname, '../..');
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const assets = await readPageAssets(root);
/** Screenshots for people to look at. */
const gallery = join(root, '.setup/report-gallery');
await mkdir(gallery, { recursive: true });

const directory = t.testdir({});
const browser = await Browser.make(t);

const evidence: ReportEvidence = {
  recordings: new Map([
    ['removes-raid-lvm-residue', sampleRecording(80)],
    ['provisions-clean-disk', sampleRecording(40)],
    ['scenario-1', sampleRecording(2000)],
  ]),
  environment: { BOOT_IMAGE_VM_SPAWN_TIMEOUT: '900' },
};

async function pageOf(name: string, events: readonly RunEvent[], more: ReportEvidence = evidence) {
  const file = join(directory, `${name}.html`);
  await writeFile(file, renderReport(events, { assets, evidence: more }));
  return pathToFileURL(file).href;
}

/** Brings all that is made late into being. */
async function wake(page: Page): Promise<void> {
  await page.locator('#console').scrollIntoViewIfNeeded();
  await page.locator('.player .screen .line').first().waitFor();
  await page.evaluate('scrollTo(0, 0)');
}

/** Waits for an expression; Playwright's own way is an `eval` that the page's policy refuses. */
async function until(page: Page, expression: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while ((await page.evaluate<unknown>(expression)) !== true) {
    if (Date.now() > deadline) throw new Error(`it never came true: ${expression}`);
    await page.waitForTimeout(50);
  }
}

async function violations(page: Page): Promise<string[]> {
  // What is out of sight is not laid out, and axe would see it without its own ground.
  await page.evaluate(
    `document.styleSheets[0].insertRule('.steps { content-visibility: visible !important }')`,
  );
  await page.evaluate(`${axe}; undefined`);
  const { violations: found } = await page.evaluate<AxeResults>('axe.run(document)');
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
}

const runs = { passing: passingRun(), failing: failingRun(), 'thousand-steps': largeRun(10, 100) };

for (const [name, run] of Object.entries(runs)) {
  t.test(`a ${name} run, looked at in light and dark and on a phone`, async (t) => {
    const address = await pageOf(name, run.events);
    for (const [look, options] of Object.entries(LOOKS)) {
      const { page, trouble } = await browser.open(address, options);
      await wake(page);
      t.same(trouble, [], `${look}: no error, nothing refused, nothing loaded`);
      const over = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      t.equal(over, 0, `${look}: nothing is wider than the window`);
      await page.screenshot({
        path: join(gallery, `${name}-${look}.png`),
        fullPage: name !== 'thousand-steps',
      });
      // A thousand steps keep axe busy for long; the colours of both themes were seen above.
      if (name !== 'thousand-steps' || look === 'dark') {
        t.same(await violations(page), [], `${look}: axe`);
      }
      await page.context().close();
    }
  });
}

t.test('what a failing run says', async (t) => {
  const { page } = await browser.open(await pageOf('says', failingRun().events), LOOKS['light']);
  t.equal(await page.locator('h1').textContent(), 'Failed');
  t.match(await page.locator('.verdict').textContent(), /1 of 2 scenarios passed, 1 failed/);
  t.match(await page.title(), /Failed/);
  const failed = page.locator('.steps > li.is-failed');
  t.equal(await failed.count(), 1);
  t.match(await failed.innerText(), /vdb: 5 findings where none are allowed/, 'opened by itself');
  t.match(await failed.locator('.diff').innerText(), /\+lv_residue/);
  t.equal(await failed.locator('svg.disk').count(), 2);
  t.equal(
    await failed.locator('svg.disk').first().locator('.finding.raid').count(),
    2,
    'whole and lens',
  );
  t.match(await failed.locator('table').first().innerText(), /2097664/);
  t.match(await failed.locator('.ansi-red').innerText(), /not found/);
  await page.getByText('Failed (1)').click();
  t.equal(await page.locator('details.scenario:visible').count(), 1);
  t.equal(await page.locator('.steps > li:visible').count(), 1, 'only what failed');
  await page.getByText('All (2)').click();
  await page.getByLabel('Find a step or command').fill('pvcreate');
  await page.locator('.steps > li:visible').first().waitFor();
  await page.getByText('1 scenario, 1 step match').waitFor();
  t.match(await page.locator('.steps > li:visible').innerText(), /mdadm --create/);
});

t.test('a link leads to its step', async (t) => {
  const address = await pageOf('link', passingRun().events);
  const { page } = await browser.open(`${address}#configures-network/2`, LOOKS['light']);
  const step = page.locator('.steps > li.wanted');
  t.match(await step.innerText(), /id -un/, 'open');
  t.equal(await page.evaluate('document.activeElement.tagName'), 'SUMMARY', 'and focused');
});

t.test('the console: by keys, by step, by text', async (t) => {
  const { page } = await browser.open(await pageOf('console', failingRun().events), LOOKS['light']);
  await wake(page);
  const screen = page.locator('.player .screen');
  t.match(await screen.innerText(), /LAN IPv4 address: 10.0.2.15/, 'begins at the end');
  t.notMatch(await screen.innerText(), /\x1b|\?2004h/);
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await until(page, `document.querySelectorAll('.player .screen .line').length === 1`);
  t.match(await screen.innerText(), /^SeaBIOS/);
  await page.getByLabel('Search this console').fill('LAN ipv4');
  await page.locator('.hits button').click();
  t.match(await page.locator('.screen .hit').innerText(), /LAN IPv4/);
  await screen.focus();
  await page.keyboard.press('[');
  t.match(await page.locator('.where').textContent(), /· 4 the array does not come back/);
  await page.getByRole('button', { name: 'Console at this step' }).first().click();
  t.match(await page.locator('.where').textContent(), /· 3 nothing is left on the disks/);
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
});

t.test('the console of a full-screen program', async (t) => {
  const recordings = new Map([['removes-raid-lvm-residue', installerRecording()]]);
  const address = await pageOf('installer', failingRun().events, { recordings });
  const { page, trouble } = await browser.open(address, LOOKS['light']);
  await wake(page);
  const lines = (): Promise<string[]> => page.locator('.player .screen .line').allInnerTexts();
  /** Waits for what the console shows: it follows the slider when it has read that far. */
  const shows = async (text: string): Promise<void> => {
    await page.locator('.player .screen').filter({ hasText: text }).waitFor();
  };
  const seek = (second: number): Promise<void> =>
    page.getByLabel('Time in the recording').fill(String(second));
  const [prompt, title] = ['root@debian:~# installer', ' Choose a disk '];

  await shows('echo done');
  t.same(
    await lines(),
    [
      ...[title, '', '  partition 1', 'vdb', 'vdd', '', '日本語: 次へ|'],
      ...[prompt, 'root@debian:~# echo done', 'done'],
    ],
    'what it showed last is kept, and what it covered comes back',
  );
  await seek(1);
  await shows('vdc');
  t.same(await lines(), [title, '', 'vda', 'vdb', 'vdc', '', 'Enter: next'], 'alternate screen');
  t.equal(await page.locator('.screen .ansi-blue-bg').innerText(), title);
  await seek(2);
  await shows('partition');
  t.same(
    await lines(),
    [title, '', 'vda', '  partition 1', 'vdb', '', 'Enter: next'],
    'a line is inserted',
  );
  await seek(3);
  await shows('vdd');
  t.same(
    await lines(),
    [title, '', '  partition 1', 'vdb', 'vdd', '', 'Enter: next'],
    'and the region scrolls',
  );
  await seek(4);
  await shows('日本語');
  t.equal((await lines()).at(-1), '日本語: 次へ|', 'wide characters');
  await seek(0);
  await shows(prompt);
  t.same(await lines(), [prompt]);

  await page.getByLabel('Search this console').fill('VDD');
  t.match(await page.locator('.hits button').innerText(), /0:03\.0.*vdd/);
  await page.locator('.hits button').click();
  t.equal(
    await page.locator('.screen .hit').innerText(),
    'vdd',
    'what is no longer shown is found',
  );
  await page.getByText('All of it as text').click();
  await page.locator('.whole').filter({ hasText: 'done' }).waitFor();
  t.match(await page.locator('.whole').innerText(), /Choose a disk[^]*echo done\ndone/);
  t.same(trouble, []);
});

t.test('a console of five megabytes', async (t) => {
  const lines = 70_000;
  const recordings = new Map([['removes-raid-lvm-residue', sampleRecording(lines)]]);
  const address = await pageOf('long', failingRun().events, { recordings });
  const { page, trouble } = await browser.open(address, LOOKS['light']);
  await wake(page);
  const { duration, turns } = await page.evaluate<{
    duration: number;
    turns: number;
  }>(`(async () => {
    const screen = document.querySelector('.player .screen');
    const press = (name) =>
      [...document.querySelectorAll('.player button')].find((b) => b.textContent === name).click();
    const go = async (place, atEnd) => {
      const began = performance.now();
      press(place);
      let turns = 0;
      for (; screen.textContent.includes('LAN IPv4') !== atEnd; turns++) {
        if (performance.now() - began > 60_000) throw new Error(place + ' is not reached');
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      return { duration: performance.now() - began, turns };
    };
    await go('Start', false);
    return await go('End', true);
  })()`);
  t.comment(`from the start to the end in ${duration.toFixed(0)} ms, in ${String(turns)} turns`);
  t.ok(turns >= 5, 'the page is not held up');
  await page.getByLabel('Search this console').fill(`line ${String(lines / 2)}`);
  await page.locator('.hits button').click();
  t.match(await page.locator('.screen .hit').innerText(), `line ${String(lines / 2)}`);
  t.same(trouble, []);
});

t.test('the timeline by keys', async (t) => {
  const { page } = await browser.open(
    await pageOf('timeline', failingRun().events),
    LOOKS['light'],
  );
  const canvas = page.locator('canvas.timeline');
  await canvas.focus();
  const look = () => page.evaluate(`document.querySelector('canvas.timeline').toDataURL()`);
  const drawn = async (before: unknown) => {
    await until(
      page,
      `document.querySelector('canvas.timeline').toDataURL() !== ${JSON.stringify(before)}`,
    );
    return await look();
  };
  const whole = await look();
  await page.keyboard.press('+');
  const closer = await drawn(whole);
  await page.keyboard.press('ArrowRight');
  const moved = await drawn(closer);
  await page.keyboard.press('0');
  await drawn(moved);
  await until(
    page,
    `document.querySelector('canvas.timeline').toDataURL() === ${JSON.stringify(whole)}`,
  );
  await page.keyboard.press(',');
  t.match(await page.locator('#announcer').textContent(), /.+/, 'told to a screen reader');
  await page.getByText('Timeline as a table').click();
  // Its rows are made when it is opened.
  await page.locator('#timeline table tbody tr').first().waitFor();
  t.match(await page.locator('#timeline table').innerText(), /Removes RAID and LVM residue/);
});

t.test('the theme can be chosen', async (t) => {
  const { page } = await browser.open(await pageOf('theme', passingRun().events), LOOKS['light']);
  const ground = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
  const before = await ground();
  await page.getByRole('button', { name: /^Theme/ }).click();
  t.equal(await ground(), before, 'light is what the system has');
  await page.getByRole('button', { name: /^Theme/ }).click();
  t.not(await ground(), before);
  await page.reload();
  await page.waitForSelector('html[data-theme=dark]');
});

t.test('without scripts, the verdict is there', async (t) => {
  const { page } = await browser.open(await pageOf('plain', failingRun().events), {
    javaScriptEnabled: false,
  });
  t.match(await page.locator('main').innerText(), /vdb: 5 findings where none are allowed/);
});

t.test('on paper, what is open', async (t) => {
  const { page } = await browser.open(await pageOf('paper', failingRun().events), LOOKS['dark']);
  await page.emulateMedia({ media: 'print' });
  t.equal(await page.locator('.bar').isVisible(), false);
  t.equal(
    await page.evaluate(`getComputedStyle(document.querySelector('.terminal')).backgroundColor`),
    'rgb(255, 255, 255)',
  );
});

t.test('a hostile guest gets nowhere', async (t) => {
  const { run, recording } = hostileRun();
  const address = await pageOf('hostile', run.events, {
    recordings: new Map([['</script>', recording]]),
  });
  const { page, trouble } = await browser.open(address, LOOKS['light']);
  await page.getByRole('button', { name: 'Open all' }).click();
  for (const summary of await page.locator('.steps summary').all()) {
    if ((await summary.locator('..').getAttribute('open')) === null) await summary.click();
  }
  await wake(page);
  await page.getByText('All of it as text').click();
  t.same(trouble, [], 'nothing ran, and nothing was even tried');
  t.equal(await page.evaluate('window.owned'), undefined);
  t.equal(
    await page.locator('main img, main iframe, main script, main a[href^=javascript]').count(),
    0,
  );
  t.match(
    await page.locator('#scenarios').innerText(),
    /<img src=x onerror=/,
    'it is shown as text',
  );
  t.match(await page.locator('.screen').innerText(), /<script>window\.owned=1/);
});

t.test('ten thousand steps', async (t) => {
  const address = await pageOf('huge', largeRun(2, 5000).events);
  const { page, trouble } = await browser.open(address, LOOKS['light']);
  t.comment(
    `interactive after ${String(await page.evaluate('document.documentElement.dataset.ready'))} ms`,
  );
  await until(page, `document.querySelectorAll('.steps > li').length === 10000`);
  await page.getByLabel('Find a step or command').fill('number 4999 of scenario-2');
  await page.getByText('1 scenario, 1 step match').waitFor();
  t.equal(await page.locator('.steps > li:visible').count(), 1);
  t.same(trouble, []);
});
