import { readFileSync } from 'node:fs';
import type { ImageArtifact } from '../../image/image.js';

/**
 * What is known of the image.
 * @deprecated Use `vm.image`.
 */
export interface BootImageBuild {
  /** Absent for an image that is not booted from an ISO. */
  iso_path?: string;
  store_path?: string;
  deriver?: string;
  nar_hash?: string;
  /** Of the session's key: the image itself holds none. */
  root_key_fingerprint?: string;
  build_duration_seconds?: number;
}

/** What is taken of an image. */
interface ImageFacts {
  artifact: ImageArtifact;
  buildSeconds?: number;
}

/** @param metadata path of metadata.json */
export function artifactOf(image: ImageFacts, metadata: string): BootImageBuild {
  const { artifact, buildSeconds } = image;
  const { iso_path, store_path, deriver, nar_hash } = artifact;
  const key = fingerprint(metadata);
  return {
    iso_path,
    store_path,
    deriver,
    nar_hash,
    root_key_fingerprint: key,
    build_duration_seconds: buildSeconds,
  };
}

function fingerprint(metadata: string): string | undefined {
  const { artifact } = JSON.parse(readFileSync(metadata, 'utf8')) as {
    artifact?: { root_key_fingerprint?: string };
  };
  return artifact?.root_key_fingerprint;
}
