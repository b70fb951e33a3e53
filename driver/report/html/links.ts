import { isAbsolute, relative, sep } from 'node:path';
import type { Artifact, Failure } from '../../events/events.js';
import type { ReportFailure, ReportFile } from './report-data.js';

/** Where the files of a run are, and where its report will be; absolute. */
export interface LinkPlaces {
  runDirectory: string;
  /** Directory of the report; links are relative to it. */
  reportDirectory: string;
}

/**
 * Relative address of a file below the run directory; undefined for any other. Each part is
 * percent-encoded, so that no name can become another address.
 */
export function hrefOf(places: LinkPlaces, path: string): string | undefined {
  const inside = relative(places.runDirectory, path);
  if (inside === '' || isAbsolute(inside) || inside.split(sep)[0] === '..') return undefined;
  const parts = relative(places.reportDirectory, path).split(sep).map(encodeURIComponent);
  return parts[0] === '..' ? parts.join('/') : `./${parts.join('/')}`;
}

/** Turns artifacts into links of one report. */
export class Links {
  readonly #places: LinkPlaces;
  readonly #images: ReadonlyMap<string, string>;

  /** @param images `data:` addresses of pictures by their absolute path */
  constructor(places: LinkPlaces, images: ReadonlyMap<string, string>) {
    this.#places = places;
    this.#images = images;
  }

  file({ label, path }: Artifact): ReportFile {
    const href = hrefOf(this.#places, path);
    const image = this.#images.get(path);
    return { label, path, href, image };
  }

  files(artifacts: readonly Artifact[]): ReportFile[] {
    return artifacts.map((artifact) => this.file(artifact));
  }

  failure(failure: Failure): ReportFailure {
    return { ...failure, artifacts: this.files(failure.artifacts) };
  }
}
