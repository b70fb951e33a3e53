import type { ErrorCode } from '../../error-codes.js';
import {
  type Document,
  LineCounter,
  type ParsedNode,
  isMap,
  isScalar,
  parseAllDocuments,
  visit,
} from 'yaml';
import { type TapbootError, scenarioError } from '../../errors.js';
import { type Span, YamlDocument } from './document.js';
import { limited } from '../problem.js';
import { frameOf } from './frame.js';
import { shorten } from './show.js';

/** Largest file read, in characters: far above any scenario, far below any harm. */
export const LARGEST_FILE = 256 * 1024;
/**
 * How many aliases a file may have, and how many values all of them may stand for together (against
 * "billion laughs", and against time: an alias is looked for in all of the file).
 */
const MOST_ALIASES = 100;

/** Oddities of a file that are told. */
const MOST_ODDITIES = 100;

/** What is read from a file: a document, or the reasons why there is none. */
export type ParseResult =
  { ok: true; document: YamlDocument } | { ok: false; problems: TapbootError[] };

/**
 * Reads one YAML 1.2 document with the core schema. Refused: syntax errors (all of them
 * are reported), duplicate keys, several documents or none, `%YAML` of another version,
 * custom tags, aliases that multiply, keys that are not plain text.
 *
 * @param file name for messages
 * @param text content of the file
 */
export function parseYaml(file: string, text: string): ParseResult {
  const lines = new LineCounter();
  const problem = (code: ErrorCode<'scenario'>, message: string, span: Span, hint?: string) => {
    const { line, col } = lines.linePos(span.start);
    const at = { file, line: Math.max(line, 1), column: Math.max(col, 1) };
    return scenarioError(code, message, {
      at,
      frame: frameOf(text, span, at.line),
      hint,
    });
  };
  const refuse = (...problems: TapbootError[]): ParseResult => ({ ok: false, problems });
  const start = { start: 0, end: 0 };

  if (text.length > LARGEST_FILE) {
    const size = `${String(text.length)} characters; at most ${String(LARGEST_FILE)} are read`;
    return refuse(
      scenarioError('TAPBOOT_E_YAML_SIZE', `the file is too large: ${size}`, {
        at: { file, line: 1, column: 1 },
      }),
    );
  }

  const control = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.exec(text);
  if (control !== null) {
    const span = { start: control.index, end: control.index + 1 };
    const code = control[0].charCodeAt(0).toString(16).padStart(2, '0');
    return refuse(problem('TAPBOOT_E_YAML_SYNTAX', `a control character (0x${code})`, span));
  }
  let documents: Document.Parsed[];
  try {
    const parsed = parseAllDocuments(text, {
      version: '1.2',
      schema: 'core',
      lineCounter: lines,
      prettyErrors: false,
      // Looked at below: the library compares each key with each other.
      uniqueKeys: false,
      keepSourceTokens: false,
    });
    documents = 'empty' in parsed ? [] : parsed;
  } catch (error) {
    // The parser recurses: nesting thousands of levels deep ends its stack.
    if (!(error instanceof RangeError)) throw error;
    return refuse(problem('TAPBOOT_E_YAML_DEPTH', 'the file is nested too deeply', start));
  }
  const [tree, second] = documents;
  if (tree === undefined || (tree.contents === null && tree.errors.length === 0)) {
    return refuse(problem('TAPBOOT_E_YAML_EMPTY', 'the file holds no YAML document', start));
  }
  const errors = firstPerLine([...tree.errors, ...tree.warnings], lines);
  const wrong = limited(errors, file, (error) => {
    const span = { start: error.pos[0], end: error.pos[1] };
    const message = `not valid YAML: ${lower(error.message)}`;
    return [problem('TAPBOOT_E_YAML_SYNTAX', message, span, syntaxHint(text, span))];
  });
  if (tree.directives.yaml.explicit === true && tree.directives.yaml.version !== '1.2') {
    const at = Math.max(text.indexOf('%YAML'), 0);
    wrong.push(
      problem(
        'TAPBOOT_E_YAML_VERSION',
        `the file asks for YAML ${tree.directives.yaml.version}; only 1.2 is read`,
        { start: at, end: at + 5 },
        'remove the %YAML line',
      ),
    );
  }
  if (second !== undefined) {
    const at = second.range[0];
    wrong.push(
      problem(
        'TAPBOOT_E_YAML_DOCUMENTS',
        'the file holds more than one document',
        { start: at, end: at },
        'put each scenario into a separate file',
      ),
    );
  }
  wrong.push(...oddities(tree, problem));
  if (wrong.length > 0) return refuse(...wrong);
  try {
    const value: unknown = tree.toJS({ maxAliasCount: MOST_ALIASES });
    return { ok: true, document: new YamlDocument(file, text, value, tree, lines) };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return refuse(
      problem(
        'TAPBOOT_E_YAML_ALIASES',
        `the file's aliases multiply beyond ${String(MOST_ALIASES)} values`,
        start,
        'write the values out, or use variables or a plan',
      ),
    );
  }
}

/** After a syntax error the parser stumbles on through the line: what follows says nothing. */
function firstPerLine<T extends { pos: [number, number] }>(errors: T[], lines: LineCounter): T[] {
  const seen = new Set<number>();
  return errors.filter((error) => {
    const { line } = lines.linePos(error.pos[0]);
    const first = !seen.has(line);
    seen.add(line);
    return first;
  });
}

/** The trap of this language: `{ … }` ends at the brace of a variable. */
function syntaxHint(text: string, span: Span): string | undefined {
  const start = text.lastIndexOf('\n', span.start - 1) + 1;
  const line = text.slice(start).split('\n')[0] ?? '';
  return line.includes('${') ? 'within { } and [ ], put text with ${…} in quotes' : undefined;
}

const lower = (message: string): string => message.charAt(0).toLowerCase() + message.slice(1);

/** Makes a problem with place and frame. */
export type MakeProblem = (
  code: ErrorCode<'scenario'>,
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
  let aliases = 0;
  const spanOf = (node: { range?: [number, number, number] | null } | null): Span => ({
    start: node?.range?.[0] ?? 0,
    end: node?.range?.[1] ?? 0,
  });
  const enough = (): symbol | undefined =>
    found.length >= MOST_ODDITIES ? visit.BREAK : undefined;
  visit(tree, {
    Map(_, map) {
      const keys = new Set<string>();
      for (const { key } of map.items) {
        if (!isScalar(key) || typeof key.value !== 'string') continue;
        const twice = keys.has(key.value);
        keys.add(key.value);
        if (!twice) continue;
        const message = `the key '${shorten(key.value)}' stands twice in the same mapping`;
        const span = spanOf(key);
        found.push(problem('TAPBOOT_E_YAML_DUPLICATE_KEY', message, span, 'remove one of the two'));
        if (found.length >= MOST_ODDITIES) break;
      }
      return enough();
    },
    Pair(_, pair) {
      const key = pair.key as ParsedNode | null;
      if (isScalar(key) && typeof key.value === 'string' && key.value !== '__proto__') return;
      const message = `a key must be plain text, not ${showKey(key)}`;
      found.push(
        problem('TAPBOOT_E_YAML_KEY', message, spanOf(key), 'put it in quotes if text is meant'),
      );
      return enough();
    },
    Scalar(_, node) {
      if (typeof node.value !== 'string' || !node.value.includes('\0')) return;
      found.push(problem('TAPBOOT_E_YAML_NUL', 'text cannot hold a NUL byte', spanOf(node)));
      return enough();
    },
    Alias(_, node, path) {
      // Each is looked for in all of the file.
      if (++aliases > MOST_ALIASES) {
        found.push(
          problem(
            'TAPBOOT_E_YAML_ALIASES',
            `the file has more than ${String(MOST_ALIASES)} aliases`,
            spanOf(node),
            'write the values out, or use variables or a plan',
          ),
        );
        return visit.BREAK;
      }
      const target = node.resolve(tree);
      if (target === undefined) {
        const message = `the alias *${node.source} has no anchor before it`;
        found.push(problem('TAPBOOT_E_YAML_ALIASES', message, spanOf(node)));
      } else if (path.includes(target)) {
        const message = `the alias *${node.source} stands inside what it stands for`;
        found.push(problem('TAPBOOT_E_YAML_ALIASES', message, spanOf(node)));
      }
      return enough();
    },
  });
  return found;
}

function showKey(key: ParsedNode | null): string {
  if (isScalar(key)) return key.source;
  return isMap(key) ? 'a mapping' : 'a list';
}
