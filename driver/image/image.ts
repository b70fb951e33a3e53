import type { Progress } from '../host/progress.js';
import type { GuestAccess } from '../language/guest-access.js';

/** How QEMU gets from power-on to the kernel. */
export type BootMedium =
  | {
      kind: 'direct';
      /** Kernel (bzImage or PVH vmlinux) on the host. */
      kernel: string;
      /** Initrds in the order they are concatenated; may be empty. */
      initrds: string[];
      /** Kernel command line, without the console argument the driver adds. */
      append: string;
      /** Read-only root file system, attached as a read-only virtio-scsi CD (`/dev/sr0`). */
      root?: string;
      /** ISO attached as a CD-ROM too (live systems find their root there). */
      iso?: string;
    }
  | { kind: 'cd'; iso: string; firmware: 'bios' | 'uefi' }
  | {
      kind: 'disk';
      /** Image to boot from; becomes the backing file of an overlay on `vda`, never written. */
      disk: string;
      format: 'raw' | 'qcow2';
      firmware: 'bios' | 'uefi';
    };

/** Where the image came from, for `metadata.json`; keys are the seed's. */
export interface ImageArtifact {
  iso_path?: string;
  store_path?: string;
  deriver?: string;
  nar_hash?: string;
  /** Any further provenance: layout, agent, digests, package versions. */
  [key: string]: string | undefined;
}

/** A boot image, ready on the host's disk. */
export interface BootImage {
  /** Name of a folder beside this file: `debian`, `nix`, `file`. */
  provider: string;
  /** The SPEC that it was asked for by. */
  spec: string;
  medium: BootMedium;
  /**
   * Kernel and initrd of the same system, booted without its loader; undefined where they cannot
   * be had. Absent: the SPEC says how it is booted, or there is no other way.
   */
  direct?: () => Promise<BootMedium | undefined>;
  access: GuestAccess;
  artifact: ImageArtifact;
  /** SHA-256 (hex) over all that makes up the image: same identity, same image. */
  identity: string;
  /** Seconds the provider took; absent on a pure cache hit. */
  buildSeconds?: number;
  /** True when nothing had to be built. */
  cached: boolean;
}

/** One kind of boot image. A provider is a file of its own beside this one. */
export interface ImageProvider {
  readonly name: BootImage['provider'];
  /**
   * Makes the image available.
   * @throws TapbootError `scenario` for a wrong SPEC, `infra` when it cannot be built.
   */
  provide(spec: ImageSpec, context: ProviderContext): Promise<BootImage>;
  /**
   * Downloads what the image is made of and builds nothing, so that it needs none of the build's
   * tools. Absent where downloading is no step of its own.
   * @returns what is there now, in a few words
   * @throws TapbootError as `provide`
   */
  fetch?(spec: ImageSpec, context: ProviderContext): Promise<string>;
}

/** A SPEC taken apart: `provider[:target][,key=value…]`. */
export interface ImageSpec {
  provider: BootImage['provider'];
  /** What follows the colon: layout, flake attribute or path. */
  target: string;
  options: Record<string, string>;
  /** The SPEC as written. */
  text: string;
}

/** What a provider may rely on; nothing else of the outside world. */
export interface ProviderContext {
  /** Cache directory for this user, e.g. `$XDG_CACHE_HOME/tapboot`. */
  cacheDirectory: string;
  /** tapboot's own root: where `image/` lies. */
  projectRoot: string;
  /** Directory that relative paths in SPECs count from. */
  workingDirectory: string;
  progress: Progress;
  /**
   * Told of the image's kernel when it lies on the host long before the image does: with it the
   * run finds out meanwhile whether KVM works. The path is good until the promise is settled.
   */
  onKernel?: (path: string) => Promise<void>;
  signal?: AbortSignal;
}
