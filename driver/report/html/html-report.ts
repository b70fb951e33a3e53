import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findProjectRoot } from '../../host/project-root.js';
import type { EventSink, RunEvent } from '../../events/events.js';
import { readPageAssets } from './assets.js';
import { readEvidence } from './evidence.js';
import { renderReport } from './render.js';

/** Name of the report in a run directory. */
export const REPORT_NAME = 'report.html';

/** Where a run's files are now, and where its report goes. Absolute paths. */
export interface ReportPlace {
  /** Default: where the run's events say that it is; another when it was moved. */
  runDirectory?: string;
  /** Default: `report.html` in the run directory. */
  file?: string;
}

/**
 * Writes the report of a run from its events and what its directory holds.
 * @returns the path of the report; undefined when there is no run and no place for one
 * @throws TapbootError `infra` TAPBOOT_E_INSTALLATION; the system's error of a file that
 *   cannot be written
 */
export async function writeHtmlReport(
  events: readonly RunEvent[],
  place: ReportPlace = {},
): Promise<string | undefined> {
  const told = events.find((event) => event.type === 'run:start')?.directory ?? '';
  const { runDirectory = told } = place;
  const file = place.file ?? (runDirectory === '' ? undefined : join(runDirectory, REPORT_NAME));
  if (file === undefined) return undefined;
  const [assets, evidence] = await Promise.all([
    readPageAssets(findProjectRoot()),
    readEvidence(events, runDirectory),
  ]);
  // Seen from a report inside of the run, moved or not, the links are the same.
  const moved = told !== '' && runDirectory !== told && place.file === undefined;
  const reportDirectory = moved ? told : dirname(file);
  await writeFile(
    file,
    renderReport(events, { assets, evidence: { ...evidence, reportDirectory } }),
  );
  return file;
}

/** How a {@link HtmlReport} behaves beside writing the page. */
export interface HtmlReportOptions {
  /** Absolute path; default: `report.html` in the run directory. */
  file?: string;
  /** Told instead of throwing: a run's verdict does not hang on its page. */
  onError?: (error: Error) => void;
}

/** Keeps the events of a run, redacted as they come, and writes its report at the end. */
export class HtmlReport implements EventSink {
  readonly #options: HtmlReportOptions;
  readonly #events: RunEvent[] = [];

  constructor(options: HtmlReportOptions = {}) {
    this.#options = options;
  }

  handle(event: RunEvent): void {
    this.#events.push(event);
  }

  /** @throws what writing throws, unless there is an `onError` */
  async close(): Promise<void> {
    const { file, onError } = this.#options;
    try {
      await writeHtmlReport(this.#events, { file });
    } catch (error) {
      if (onError === undefined) throw error;
      onError(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
