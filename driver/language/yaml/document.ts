import type { LineCounter, Pair, YAMLMap } from 'yaml';
import { isAlias, isMap, isScalar, isSeq, type Document, type Node, type ParsedNode } from 'yaml';
import type { SourceLocation } from '../../location.js';
import type { YamlPath } from './path.js';

/** A stretch of the source text, offsets in characters. */
export interface Span {
  start: number;
  end: number;
}

/**
 * A parsed file: its plain value, and the place of every key and value in the text.
 * Made by `parseYaml`.
 */
export class YamlDocument {
  constructor(
    /** The file's name as messages show it. */
    readonly file: string,
    readonly text: string,
    readonly value: unknown,
    private readonly tree: Document<ParsedNode>,
    private readonly lines: LineCounter,
  ) {}

  /** Span of the value at `path`; of the nearest enclosing value when there is none. */
  valueSpan(path: YamlPath): Span {
    let node: Node | null | undefined = this.tree.contents;
    let span = spanOf(node) ?? { start: 0, end: 0 };
    for (const part of path) {
      const pair = step(this.resolve(node), part);
      if (pair === undefined) return span;
      span = spanOf(pair.value) ?? spanOf(pair.key) ?? span;
      node = pair.value;
    }
    return span;
  }

  /** Span of the key that leads to `path`; of the item for a sequence. */
  keySpan(path: YamlPath): Span {
    const last = path[path.length - 1];
    if (last === undefined) return this.valueSpan(path);
    const parent = this.resolve(this.nodeAt(path.slice(0, -1)));
    const pair = step(parent, last);
    return spanOf(pair?.key) ?? spanOf(pair?.value) ?? this.valueSpan(path);
  }

  /** The text of a scalar as it is written, so that `1.10` stays `1.10`. */
  writtenText(path: YamlPath): string | undefined {
    const node = this.resolve(this.nodeAt(path));
    if (!isScalar(node)) return undefined;
    if (typeof node.value === 'string') return node.value;
    return node.source ?? String(node.value);
  }

  /** Where a span starts. */
  location(span: Span): SourceLocation {
    const { line, col } = this.lines.linePos(span.start);
    return { file: this.file, line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  /** The span that starts at a place and reaches to the end of its line. */
  spanAt(line: number, column: number): Span {
    const start = (this.lines.lineStarts[line - 1] ?? 0) + column - 1;
    const end = this.text.indexOf('\n', start);
    return { start, end: end < 0 ? this.text.length : end };
  }

  /** Place of the value at `path`. */
  at(path: YamlPath): SourceLocation {
    return this.location(this.valueSpan(path));
  }

  private nodeAt(path: YamlPath): Node | null | undefined {
    let node: Node | null | undefined = this.tree.contents;
    for (const part of path) node = step(this.resolve(node), part)?.value;
    return node;
  }

  private resolve(node: Node | null | undefined): Node | null | undefined {
    return isAlias(node) ? node.resolve(this.tree) : node;
  }
}

function spanOf(node: Node | null | undefined): Span | undefined {
  const range = node?.range;
  return range === undefined || range === null ? undefined : { start: range[0], end: range[1] };
}

const indexes = new WeakMap<YAMLMap, Map<string, Pair>>();

/** The pairs of a mapping by their keys; found once, since each of many keys may be looked for. */
function pairsOf(map: YAMLMap): Map<string, Pair> {
  let pairs = indexes.get(map);
  if (pairs === undefined) {
    pairs = new Map();
    for (const pair of map.items.toReversed()) {
      if (isScalar(pair.key)) pairs.set(String(pair.key.value), pair);
    }
    indexes.set(map, pairs);
  }
  return pairs;
}

/** One step down: the key's node (mappings only) and the value's. */
function step(
  node: Node | null | undefined,
  part: string | number,
): { key?: Node | null; value: Node | null | undefined } | undefined {
  if (isMap(node)) {
    const pair = pairsOf(node).get(String(part));
    if (pair === undefined) return undefined;
    return { key: pair.key as Node, value: pair.value as Node | null };
  }
  if (isSeq(node) && typeof part === 'number') {
    const item = node.items[part];
    return item === undefined ? undefined : { value: item as Node };
  }
  return undefined;
}
