import type { ReportData } from '../report-data.js';
import { byId, copyButton, fileLink, h } from './dom.js';
import { clock, counted, took } from './words.js';

type Fact = [name: string, value: Node | string];

/** Facts whose values are to be read letter by letter. */
const codes = (values: Record<string, string>): Fact[] =>
  Object.entries(values).map(([name, value]) => [name, h('code', {}, value)]);

function factTable(rows: readonly Fact[]): HTMLElement {
  return h(
    'div',
    { class: 'scroll' },
    h(
      'table',
      { class: 'fact-table' },
      h(
        'tbody',
        {},
        ...rows.map(([name, value]) =>
          h('tr', {}, h('th', { scope: 'row' }, name), h('td', {}, value)),
        ),
      ),
    ),
  );
}

/** One word of a command line, quoted only where a shell needs it. */
const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** An option and its value on one line. */
function commandLines(argv: readonly string[]): string {
  const lines: string[] = [];
  for (const word of argv.map(shellWord)) {
    const last = lines.at(-1);
    if (last !== undefined && lines.length > 1 && !word.startsWith('-') && !last.includes(' '))
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join(' \\\n  ');
}

/** QEMU, image and accelerator. */
export function machines(data: ReportData): void {
  const section = byId('machines');
  const { image, accelerator, vms, run } = data;
  if (image !== undefined) {
    const built: Fact[] =
      image.buildSeconds === undefined ? [] : [['Built in', took(image.buildSeconds * 1000)]];
    section.append(
      h('h3', {}, 'Image'),
      factTable([
        ['SPEC', image.spec],
        ['Identity', h('code', {}, image.identity)],
        ['From the cache', image.cached ? 'yes' : 'no'],
        ...built,
        ...codes(image.artifact),
      ]),
    );
  }
  if (accelerator !== undefined) {
    section.append(
      h('h3', {}, `Accelerator: ${accelerator.name}`),
      h('ul', {}, ...accelerator.reasons.map((reason) => h('li', {}, reason))),
    );
  }
  section.append(h('h3', {}, counted(vms.length, 'machine')));
  for (const vm of vms) {
    const starts = vm.starts.map((at) => clock((at - run.startedAt) / 1000)).join(', ');
    const text = commandLines(vm.argv);
    section.append(
      h(
        'details',
        { class: 'machine' },
        h('summary', {}, h('b', {}, vm.name), ` ${vm.endReason ?? 'end not seen'}`),
        factTable([
          ['QEMU', vm.version],
          ['Started at', starts],
          ['Ended', vm.endReason ?? 'not seen'],
        ]),
        h(
          'div',
          { class: 'stream-name' },
          'command line',
          copyButton(() => text, 'the command line'),
        ),
        h(
          'pre',
          {
            class: 'terminal',
            tabindex: 0,
            role: 'group',
            'aria-label': `Command line of ${vm.name}`,
          },
          text,
        ),
        h('ul', { class: 'links' }, ...vm.files.map((file) => h('li', {}, fileLink(file)))),
      ),
    );
  }
}

/** The call, what was in force, what was told, and the files. */
export function about(data: ReportData, json: string): void {
  const section = byId('about');
  const { run, environment, notices, queued, notRun = [], files } = data;
  const save = (): void => {
    const url = URL.createObjectURL(new Blob([json], { type: 'application/json' }));
    h('a', { href: url, download: `${run.name || 'report'}.json` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };
  section.append(
    factTable([
      ['Command', h('code', {}, run.command.map(shellWord).join(' '))],
      ['tapboot', run.version],
      ...codes(environment),
    ]),
  );
  if (notices.length > 0) {
    section.append(
      h('h3', {}, 'Notices'),
      h(
        'ul',
        { class: 'notices' },
        ...notices.map(({ at, level, message }) =>
          h(
            'li',
            { class: level },
            h('span', { class: 'took' }, clock((at - run.startedAt) / 1000)),
            ` ${level}: ${message}`,
          ),
        ),
      ),
    );
  }
  if (queued.length > 0) {
    section.append(
      h('h3', {}, 'Left for a later run'),
      h(
        'ul',
        {},
        ...queued.map(({ name, reason, projectedSeconds }) =>
          h('li', {}, `${name}: ${reason} (about ${took(projectedSeconds * 1000)})`),
        ),
      ),
    );
  }
  if (notRun.length > 0) {
    section.append(
      h('h3', {}, 'Not run'),
      h('ul', {}, ...notRun.map(({ name, reason }) => h('li', {}, `${name}: ${reason}`))),
    );
  }
  section.append(
    h('h3', {}, 'Files'),
    h('ul', { class: 'links' }, ...files.map((file) => h('li', {}, fileLink(file)))),
    h(
      'p',
      {},
      'All that this page shows is in it as JSON, too (',
      h('code', {}, '#tapboot-report'),
      '). ',
      h('button', { type: 'button', click: save }, 'Save the data'),
    ),
  );
}
