import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { textSetting } from '../../config/settings-table.js';
import type { CommandContext } from '../command-context.js';
import { wholeNumber } from '../option-values.js';
import { addSettings } from '../setting-options.js';
import type { Outside } from '../outside.js';

const EXAMPLES = `
Examples:
  $ tapboot report                                open the report of the newest run
  $ tapboot report 2030-01-01T120000Z-vm-run      open that of another run
  $ tapboot report --serve                        for a browser that cannot open local files

The report is rebuilt from the run directory. Its path is printed on stdout.
`;

interface ReportOptions {
  serve?: true;
  open: boolean;
  port?: number;
  logRoot?: string;
}

/** `tapboot report`: the HTML report of a run that has been. */
export function addReportCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('report')
    .description('build and open the HTML report of a run')
    .argument('[run]', 'run directory, by path or name (default: the newest)')
    .option('--serve', 'serve it on 127.0.0.1 until Ctrl-C')
    .option('--port <number>', 'port for --serve (default: any)', wholeNumber(0))
    .option('--no-open', 'do not open a browser');
  addSettings(command, 'logRoot')
    .addHelpText('after', EXAMPLES)
    .action(async (run: string | undefined, options: ReportOptions) => {
      await report(run, options, context.outside);
    });
}

async function report(
  run: string | undefined,
  options: ReportOptions,
  outside: Outside,
): Promise<void> {
  const [{ findRun, EVENTS }, { readEvents }, { writeHtmlReport }] = await Promise.all([
    import('../../report/html/find-run.js'),
    import('../../record/merge/read-events.js'),
    import('../../report/html/html-report.js'),
  ]);
  const { environment, workingDirectory, stdout, stderr } = outside;
  const logRoot = textSetting('logRoot', environment, options.logRoot);
  const runDirectory = findRun(run, resolve(workingDirectory, logRoot), workingDirectory);
  const events = [];
  for await (const line of readEvents(join(runDirectory, EVENTS))) {
    if (line.kind === 'event') events.push(line.event);
    else stderr.write(`tapboot: ${EVENTS}, line ${String(line.line)}: ${line.reason}\n`);
  }
  const file = (await writeHtmlReport(events, { runDirectory })) ?? runDirectory;
  if (options.serve !== true) {
    stdout.write(`${file}\n`);
    if (options.open) await open(file, outside);
    return;
  }
  await serve(runDirectory, options, outside);
}

async function serve(
  runDirectory: string,
  { port, open: opens }: ReportOptions,
  outside: Outside,
): Promise<void> {
  const { serveReport } = await import('../../report/html/serve.js');
  await using server = await serveReport(runDirectory, port);
  outside.stdout.write(`${server.url}\n`);
  if (opens) await open(server.url, outside);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        resolve();
      });
    }
  });
}

/** Hands an address to the desktop, where somebody sits at one. */
async function open(address: string, { environment, stdout, stderr }: Outside): Promise<void> {
  const desktop = environment['DISPLAY'] ?? environment['WAYLAND_DISPLAY'] ?? '';
  if (stdout.isTTY !== true || desktop === '') return;
  const { hostCommand } = await import('../../host/command.js');
  const { exitCode } = await hostCommand('xdg-open', [address]);
  if (exitCode !== 0) stderr.write('tapboot: cannot open a browser; the address is above\n');
}
