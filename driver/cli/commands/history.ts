import { resolve } from 'node:path';
import type { Command } from 'commander';
import { textSetting } from '../../config/settings-table.js';
import type { CommandContext } from '../command-context.js';

const EXAMPLES = `
Examples:
  $ tapboot history                           the current ledger
  $ tapboot history --since 2030-01-01 --json
  $ tapboot history old-ledger.jsonl --html history.html

pass: passed at the first attempt. flaky: passed on retry, or passed and failed in one run.
trend: median of the last ten against the ten before. Regressions: Pettitt's test, p < 0.01.
`;

interface HistoryOptions {
  json?: true;
  html?: string;
  since?: string;
}

/** `tapboot history`: what the ledger tells of past runs. */
export function addHistoryCommand(program: Command, context: CommandContext): void {
  program
    .command('history')
    .description('show pass rates, flake rates and durations of past runs')
    .argument('[ledger]', 'default: $BOOT_IMAGE_VM_LEDGER_PATH, else notes/vm-run-ledger.jsonl')
    .option('--json', 'print JSON')
    .option('--html <file>', 'also write an HTML page with plots')
    .option('--since <date>', 'only runs since this date (ISO 8601)')
    .addHelpText('after', EXAMPLES)
    .action(async (ledger: string | undefined, options: HistoryOptions) => {
      await history(ledger, options, context);
    });
}

async function history(
  given: string | undefined,
  options: HistoryOptions,
  { outside }: CommandContext,
): Promise<void> {
  const [{ collectPast }, { summarise }, { scenarioError }] = await Promise.all([
    import('../../record/history/collect.js'),
    import('../../record/history/summary.js'),
    import('../../errors.js'),
  ]);
  const { environment, workingDirectory, stdout, stderr } = outside;
  const { since } = options;
  if (since !== undefined && Number.isNaN(Date.parse(since))) {
    throw scenarioError('TAPBOOT_E_CONFIG_VALUE', '--since has a value that cannot be used', {
      expected: 'a date, e.g. 2030-06-30',
      got: JSON.stringify(since),
    });
  }
  const ledger = resolve(workingDirectory, given ?? textSetting('ledger', environment));
  const past = await collectPast(ledger, { since });
  const summary = summarise(past, ledger);
  if (options.html !== undefined) {
    const [{ historyHtml }, { readPageAssets }, { writeReport }] = await Promise.all([
      import('../../report/history/html.js'),
      import('../../report/html/assets.js'),
      import('../../report/report-file.js'),
    ]);
    const file = resolve(workingDirectory, options.html);
    writeReport(file, historyHtml(summary, await readPageAssets(outside.projectRoot, 'history')));
    stderr.write(`tapboot: wrote ${file}\n`);
  }
  if (options.json === true) {
    stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
  } else {
    const { historyText } = await import('../../report/history/text.js');
    stdout.write(historyText(summary, stdout.columns ?? 80));
  }
}
