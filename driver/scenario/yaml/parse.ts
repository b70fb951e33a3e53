import { isMap, isScalar, LineCounter, parseAllDocuments, visit, type ParsedNode } from 'yaml';
import type { Document } from 'yaml';
import { scenarioError, type TapbootError } from '../../errors.js';
import { YamlDocument, type Span } from './document.js';
import { frameOf } from './frame.js';

/** Largest file read, in characters: far above any scenario, far below any harm. */
const LARGEST_FILE = 1024 * 1024;
/** How many values all aliases of a file may stand for together (against "billion laughs"). */
const MOST_ALIASES = 100;

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
  const problem = (code: `TAPBOOT_E_${string}`, message: string, span: Span, hint?: string) => {
    const { line, col } = lines.linePos(span.start);
    return scenarioError(code, message, {
      at: { file, line: Math.max(line, 1), column: Math.max(col, 1) },
      frame: frameOf(text, span),
      ...(hint === undefined ? {} : { hint }),
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
  let documents: Document.Parsed<ParsedNode>[];
  try {
    const parsed = parseAllDocuments(text, {
      version: '1.2',
      schema: 'core',
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: true,
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
  const wrong = [...tree.errors, ...tree.warnings].map((error) => {
    const span = { start: error.pos[0], end: error.pos[1] };
    if (error.code === 'DUPLICATE_KEY') return duplicate(problem, text, span);
    return problem('TAPBOOT_E_YAML_SYNTAX', `not valid YAML: ${lower(error.message)}`, span);
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
        'put each scenario into a file of its own',
      ),
    );
  }
  wrong.push(...oddKeys(tree, problem));
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

type MakeProblem = (
  code: `TAPBOOT_E_${string}`,
  message: string,
  span: Span,
  hint?: string,
) => TapbootError;

/** Keys must be plain text: `1: x` and `'1': x` would collide, `__proto__` would vanish. */
function oddKeys(tree: Document.Parsed<ParsedNode>, problem: MakeProblem): TapbootError[] {
  const found: TapbootError[] = [];
  visit(tree, {
    Pair(_, pair) {
      const key = pair.key as ParsedNode | null;
      const span = { start: key?.range[0] ?? 0, end: key?.range[1] ?? 0 };
      if (isScalar(key) && typeof key.value === 'string' && key.value !== '__proto__') return;
      const shown = isScalar(key)
        ? String(key.source ?? key.value)
        : isMap(key)
          ? 'a mapping'
          : 'a list';
      found.push(
        problem(
          'TAPBOOT_E_YAML_KEY',
          `a key must be plain text, not ${shown}`,
          span,
          'put it in quotes if text is meant',
        ),
      );
    },
  });
  return found;
}

function duplicate(problem: MakeProblem, text: string, span: Span): TapbootError {
  const key = /^[^\s:,}]*/.exec(text.slice(span.start))?.[0] ?? '';
  return problem(
    'TAPBOOT_E_YAML_DUPLICATE_KEY',
    `the key '${key}' stands twice in the same mapping`,
    { start: span.start, end: span.start + key.length },
    'remove one of the two',
  );
}

const lower = (message: string): string => message.charAt(0).toLowerCase() + message.slice(1);
