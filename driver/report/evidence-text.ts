import { basename, dirname } from 'node:path';
import type { Artifact } from '../events/events.js';
import type { Paint } from './paint.js';
import { wrap } from './plain-text.js';
import { shortPath } from './tap-diagnostics.js';

/** So many files of one directory are told one by one. */
const FEW = 3;

/** What the collector adds to each of its labels. */
const REASON = / \([^()]*\)$/;

/** How it is laid out. */
export interface EvidenceLayout {
  paint: Paint;
  columns: number;
  /** Paths are shown relative to it. */
  workingDirectory: string;
}

/**
 * Where the evidence lies. Many files of one directory (all that was asked of the guest) are
 * one path and a list of what they hold: sixteen paths would hide the rest of the failure.
 */
export function evidenceLines(
  artifacts: readonly Artifact[],
  { paint, columns, workingDirectory }: EvidenceLayout,
): string[] {
  const byDirectory = new Map<string, Artifact[]>();
  for (const artifact of artifacts) {
    const directory = dirname(artifact.path);
    byDirectory.set(directory, [...(byDirectory.get(directory) ?? []), artifact]);
  }
  return [...byDirectory].flatMap(([directory, files]) => {
    if (files.length <= FEW) {
      return files.map(
        ({ label, path }) => `${paint.dim(`${label}:`)} ${shortPath(path, workingDirectory)}`,
      );
    }
    const names = files.map(({ label, path }) => label.replace(REASON, '') || basename(path));
    return [
      `${paint.dim('evidence:')} ${shortPath(directory, workingDirectory)}/`,
      ...wrap(names.join(', '), columns - 2).map((line) => `  ${paint.dim(line)}`),
    ];
  });
}
