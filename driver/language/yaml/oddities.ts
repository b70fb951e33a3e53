import { isMap, isScalar, visit, type Document, type ParsedNode } from 'yaml';
import type { TapbootError } from '../../errors.js';
import type { Span } from './document.js';

/** Makes a problem with place and frame. */
export type MakeProblem = (
  code: `TAPBOOT_E_${string}`,
  message: string,
  span: Span,
  hint?: string,
) => TapbootError;

/**
 * What YAML allows and no file of ours needs: keys that are not plain text (`1: x` and
 * `'1': x` would collide, `__proto__` would vanish), aliases of nothing or of what they
 * stand in, NUL (which no command and no file name can hold).
 */
export function oddities(tree: Document.Parsed, problem: MakeProblem): TapbootError[] {
  const found: TapbootError[] = [];
  const spanOf = (node: { range?: [number, number, number] | null } | null): Span => ({
    start: node?.range?.[0] ?? 0,
    end: node?.range?.[1] ?? 0,
  });
  visit(tree, {
    Pair(_, pair) {
      const key = pair.key as ParsedNode | null;
      if (isScalar(key) && typeof key.value === 'string' && key.value !== '__proto__') return;
      const message = `a key must be plain text, not ${showKey(key)}`;
      found.push(
        problem('TAPBOOT_E_YAML_KEY', message, spanOf(key), 'put it in quotes if text is meant'),
      );
    },
    Scalar(_, node) {
      if (typeof node.value !== 'string' || !node.value.includes('\0')) return;
      found.push(problem('TAPBOOT_E_YAML_NUL', 'text cannot hold a NUL byte', spanOf(node)));
    },
    Alias(_, node, path) {
      const target = node.resolve(tree);
      if (target === undefined) {
        const message = `the alias *${node.source} has no anchor before it`;
        found.push(problem('TAPBOOT_E_YAML_ALIASES', message, spanOf(node)));
      } else if (path.includes(target)) {
        const message = `the alias *${node.source} stands inside what it stands for`;
        found.push(problem('TAPBOOT_E_YAML_ALIASES', message, spanOf(node)));
      }
    },
  });
  return found;
}

function showKey(key: ParsedNode | null): string {
  if (isScalar(key)) return key.source;
  return isMap(key) ? 'a mapping' : 'a list';
}
