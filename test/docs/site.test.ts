// The documentation site: built, walked through link by link, and looked at in a real browser.
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import { CommanderError } from 'commander';
import { execa } from 'execa';
import t from 'tap';
import { outsideOfProcess } from '../../driver/cli/outside.js';
import { buildProgram } from '../../driver/cli/program.js';
import type { Terminal } from '../../driver/run/request.js';
import { explainFile, explainStep, stepKinds } from '../../driver/scenario/index.js';
import { Browser, LOOKS } from '../report/browser.js';

t.setTimeout(5 * 60_000);

const root = join(import.meta.dirname, '../..');
const site = join(t.testdir({}), 'site');
await execa(process.execPath, [join(root, 'bin/docs.mjs'), site], { cwd: root });
const files = (await readdir(site, { recursive: true })).map((name) => name.replaceAll('\\', '/'));
const pages = new Map<string, string>();
for (const name of files.filter((file) => file.endsWith('.html'))) {
  pages.set(name, await readFile(join(site, name), 'utf8'));
}

const pageText = (name: string): string => {
  const html = pages.get(name);
  if (html === undefined) throw new Error(`the site has no ${name}`);
  return html;
};

/** As somebody would read it: no markup, one space where there is any. */
function words(html: string): string {
  return html
    .replace(/<wbr>/g, '')
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');
}

/** What of an attribute's values a page has, entities resolved. */
const attribute = (html: string, name: string): string[] =>
  [...html.matchAll(new RegExp(`<[^>]*\\s${name}="([^"]*)"`, 'g'))].map(([, value = '']) =>
    value.replaceAll('&amp;', '&').replaceAll('&quot;', '"'),
  );

const ids = new Map([...pages].map(([name, html]) => [name, new Set(attribute(html, 'id'))]));

t.test('every page of the documentation is there', async (t) => {
  const docs = (await readdir(join(root, 'docs'), { recursive: true })).filter(
    (name) => name.endsWith('.md') && name !== 'README.md' && !name.startsWith('_site'),
  );
  t.ok(docs.length > 30);
  for (const name of docs) t.ok(pages.has(name.replace(/\.md$/, '.html')), name);
  t.ok(pages.has('index.html') && pages.has('contents.html') && pages.has('changelog.html'));
});

t.test('no link leads nowhere, and none needs a server', async (t) => {
  let followed = 0;
  const broken: string[] = [];
  for (const [name, html] of pages) {
    for (const href of attribute(html, 'href')) {
      if (/^https?:/.test(href)) continue;
      const [path = '', anchor] = href.split('#');
      const target = path === '' ? name : posix.join(posix.dirname(name), path);
      const there =
        /^[a-z]+:|^\//.test(href) || !files.includes(target) || target.endsWith('/')
          ? false
          : anchor === undefined || ids.get(target)?.has(decodeURI(anchor)) === true;
      if (!there) broken.push(`${name}: ${href}`);
      followed += 1;
    }
  }
  t.same(broken, []);
  t.ok(followed > 1000, `${String(followed)} links`);
});

t.test('nothing is loaded from elsewhere', async (t) => {
  for (const [name, html] of pages) {
    const loaded = [
      ...attribute(html, 'src'),
      ...[...html.matchAll(/<link[^>]*href="([^"]*)"/g)].map(([, href = '']) => href),
    ];
    t.ok(loaded.length >= 2, `${name} has its style and its script`);
    t.notMatch(loaded.join('\n'), /:|^\/\//m, name);
  }
  for (const name of ['assets/site.css', 'assets/site.js']) {
    t.notMatch(await readFile(join(site, name), 'utf8'), /https?:|@import|url\(/, name);
  }
});

t.test('no id is given twice, and every page says what it is', (t) => {
  for (const [name, html] of pages) {
    const given = attribute(html, 'id');
    t.equal(new Set(given).size, given.length, name);
    t.equal([...html.matchAll(/<h1[ >]/g)].length, 1, `${name}: one first heading`);
    t.match(html, /<title>[^<]+<\/title>/, name);
  }
  t.end();
});

t.test('the help of every command is in the reference', async (t) => {
  const help = async (...command: string[]): Promise<string> => {
    let printed = '';
    const stdout = { write: (text: string) => (printed += text) };
    const outside = { ...outsideOfProcess([]), stdout: stdout as unknown as Terminal };
    const program = buildProgram(outside, { exitCode: 0 });
    await t.rejects(program.parseAsync([...command, '--help'], { from: 'user' }), CommanderError);
    return printed;
  };
  const subcommands = (text: string): string[] =>
    [...(/^Commands:\n((?: {2}.*\n)+)/m.exec(`${text}\n`)?.[1] ?? '').matchAll(/^ {2}([a-z]+)/gm)]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'help');
  const shown = words(pageText('reference/commands.html')).replaceAll(' ', '');
  const has = (text: string, of: string) => {
    t.ok(shown.includes(text.replace(/\s+/g, '')), `${of}: ${text.trim()}`);
  };
  const commands = subcommands(await help());
  t.ok(commands.length > 15, commands.join(' '));
  for (const name of commands) {
    const text = await help(name);
    const paths = [[name], ...subcommands(text).map((inner) => [name, inner])];
    for (const path of paths) {
      const id = path.length === 1 ? `tapboot-${name}` : `tapboot-${path.join('-')}`;
      t.ok(ids.get('reference/commands.html')?.has(id), `#${id}`);
      const said = path.length === 1 ? text : await help(...path);
      // Blocks of arguments and options, entry by entry; what follows them, line by line.
      for (const [, entries = ''] of said.matchAll(
        /^(?:Arguments|Options):\n([^]*?)(?:\n\n|$)/gm,
      )) {
        for (const entry of entries.split(/\n {2}(?=\S)/)) has(entry, path.join(' '));
      }
      for (const line of (/^Examples:\n[^]*/m.exec(said)?.[0] ?? '').split('\n')) {
        has(line, path.join(' '));
      }
    }
  }
});

t.test('every key of a scenario is in the reference, with type and default', (t) => {
  const html = pageText('reference/scenario.html');
  const rows = [...html.matchAll(/<tr>\n<td>([^]*?)<\/td>\n<td>([^]*?)<\/td>\n<td>([^]*?)<\/td>/g)];
  const keys = rows.map(([, key = '']) => words(key).replace('(required)', '').trim());
  const wanted = [
    ...explainFile('scenario'),
    ...stepKinds.flatMap((kind) => explainStep(kind).keys),
  ];
  t.ok(wanted.length > 150);
  t.same(
    keys,
    wanted.map(({ path }) => path.replace(/\bvda\b/, 'vdX')),
  );
  for (const [, key = '', type = ''] of rows) t.not(words(type).trim(), '', words(key));
  const cells = (key: string) => {
    const row = rows.find(([, first = '']) => words(first).trim() === key);
    return row?.slice(2, 4).map((cell) => words(cell).trim());
  };
  t.same(cells('machine.memory'), ['size', '512M']);
  t.same(cells('machine.cpus'), ['whole number, 1 to 64', '1']);
  t.same(cells('machine.network'), ['isolated or internet or none', 'isolated']);
  t.same(cells('wait.from'), ['boot or now', 'boot']);
  t.end();
});

t.test('every error code has an anchor, and leads there from other pages', async (t) => {
  const source = await readFile(join(root, 'docs/errors.md'), 'utf8');
  const codes = [...source.matchAll(/^\| `(TAPBOOT_E_[A-Z0-9_]+)`/gm)].map(([, code = '']) => code);
  t.ok(codes.length > 150);
  for (const code of codes) t.ok(ids.get('errors.html')?.has(code), code);
  t.match(pageText('snapshots.html'), 'href="errors.html#TAPBOOT_E_RESTORE_PROOF"');
});

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await Browser.make(t);
const at = (name: string): string => pathToFileURL(join(site, name)).href;
const gallery = join(root, '.setup/docs-gallery');

/** One page of each make: prose, commands, a step, keys. */
const LOOKED_AT = ['index.html', 'tutorial.html', 'reference/plan.html', 'steps/screenshot.html'];

for (const [look, options] of Object.entries(LOOKS)) {
  t.test(`it can be read and used: ${look}`, async (t) => {
    for (const name of look === 'phone' ? LOOKED_AT.slice(1, 3) : LOOKED_AT) {
      const { page, trouble } = await browser.open(at(name), options);
      await page.screenshot({ path: join(gallery, `${look}-${name.replaceAll('/', '-')}.png`) });
      await page.evaluate(`${axe}; undefined`);
      const { violations, passes } = await page.evaluate<AxeResults>(
        'axe.run(document, { preload: false })',
      );
      t.same(
        violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`),
        [],
        `${name}: axe`,
      );
      t.ok(passes.length > 15, `${name}: axe has looked`);
      const wide = await page.evaluate<number>(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      t.equal(wide, 0, `${name} fits the width`);
      t.same(trouble, [], name);
      await page.context().close();
    }
  });
}

t.test('the search finds, by keyboard alone', async (t) => {
  const { page, trouble } = await browser.open(at('steps/run.html'), LOOKS['light']);
  await page.keyboard.press('/');
  await page.keyboard.type('RESTORE_PROOF');
  await page.locator('#results a').first().waitFor();
  t.match(await page.locator('#results [role=status]').textContent(), /^\d+ found/);
  const target = await page.locator('#results a').first().getAttribute('href');
  t.match(target, /^\.\.\/errors\.html#/, 'the page of the code comes first');
  await page.keyboard.press('Escape');
  t.notOk(await page.locator('#results').isVisible(), 'Escape leaves it');
  await page.keyboard.type('subject boot');
  await page.locator('#results a').first().waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => !url.pathname.endsWith('steps/run.html'));
  t.same(trouble, []);
  await page.context().close();
});

t.test('on a phone the list of pages opens on demand; without scripts it is there', async (t) => {
  const phone = await browser.open(at('snapshots.html'), LOOKS['phone']);
  const list = phone.page.locator('#navigation');
  t.notOk(await list.isVisible());
  await phone.page.getByRole('button', { name: 'Pages' }).click();
  t.ok(await list.isVisible());
  await phone.page.context().close();
  const plain = await browser.open(at('snapshots.html'), {
    ...LOOKS['phone'],
    javaScriptEnabled: false,
  });
  t.ok(await plain.page.locator('#navigation').isVisible());
  t.notOk(await plain.page.getByRole('search').isVisible(), 'nothing is offered that cannot work');
  await plain.page.context().close();
});

t.test('on paper there is the text alone', async (t) => {
  const { page } = await browser.open(at('verdicts.html'), LOOKS['dark']);
  await page.emulateMedia({ media: 'print' });
  t.notOk(await page.locator('#navigation').isVisible());
  t.ok(await page.locator('main h1').isVisible());
  const ground = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
  t.equal(ground, 'rgb(255, 255, 255)');
  await page.context().close();
});
