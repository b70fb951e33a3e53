import { posix } from 'node:path';
import type { IsoNode } from './xorriso.js';

/** More links than any real path has: a loop. */
const LINK_LIMIT = 16;

/** The file tree of an ISO; names are matched as stored first, then without regard to case. */
export class IsoTree {
  readonly #exact = new Map<string, IsoNode>();
  readonly #folded = new Map<string, IsoNode>();

  constructor(nodes: readonly IsoNode[]) {
    for (const node of nodes) {
      this.#exact.set(node.path, node);
      const folded = node.path.toLowerCase();
      if (!this.#folded.has(folded)) this.#folded.set(folded, node);
    }
  }

  /** All plain files. */
  get files(): IsoNode[] {
    return [...this.#exact.values()].filter((node) => node.kind === 'file');
  }

  /**
   * The node that an absolute path leads to, links followed in every part of it (Debian's and
   * Ubuntu's ISOs have `/debian -> .`); undefined where there is none.
   */
  find(path: string): IsoNode | undefined {
    let links = 0;
    let current = '/';
    let rest = path.split('/').filter((part) => part !== '');
    for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
      const next = posix.join(current, part);
      const node = this.#exact.get(next) ?? this.#folded.get(next.toLowerCase());
      if (node === undefined) return undefined;
      if (node.kind !== 'link') {
        current = node.path;
        continue;
      }
      if (++links > LINK_LIMIT) return undefined;
      const target = posix.resolve(current, node.target ?? '');
      rest = [...target.split('/').filter((piece) => piece !== ''), ...rest];
      current = '/';
    }
    return this.#exact.get(current) ?? { path: current, kind: 'directory', size: 0 };
  }

  /** The plain file that a path leads to. */
  findFile(path: string): IsoNode | undefined {
    const node = this.find(path);
    return node?.kind === 'file' ? node : undefined;
  }
}
