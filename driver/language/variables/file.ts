import { readFile } from 'node:fs/promises';
import type { ErrorCode } from '../../error-codes.js';
import { scenarioError, type TapbootError } from '../../errors.js';
import { asOneError } from '../problem.js';
import { VARIABLE_NAME } from '../schema/leaves.js';
import type { YamlDocument } from '../yaml/document.js';
import { parseYaml } from '../yaml/parse.js';
import { textOfVariables } from './text.js';

/**
 * Reads a file of variables: one YAML mapping, `NAME: VALUE`. Values are texts, numbers (as they
 * are written), true or false. No message shows anything of a value: it may be a secret.
 * @param path absolute
 * @param shown the path, as messages show it
 * @throws TapbootError `scenario` TAPBOOT_E_VARIABLE_FILE, TAPBOOT_E_YAML_…; with the place
 */
export async function readVariableFile(
  path: string,
  shown: string,
): Promise<Record<string, string>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw scenarioError('TAPBOOT_E_VARIABLE_FILE', `cannot read the variables in '${shown}'`, {
      expected: 'a YAML file with a line NAME: VALUE for each variable',
      got: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
  const parsed = parseYaml(shown, text);
  if (!parsed.ok) throw asOneError(parsed.problems.map(withoutText));
  const { document } = parsed;
  const { value } = document;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(document, [], 'the file holds no variables', 'one mapping, NAME: VALUE');
  }
  const problems = Object.entries(value).flatMap(([name, written]) => {
    if (!VARIABLE_NAME.test(name))
      return [
        wrong(
          document,
          [name],
          'this is no name of a variable',
          'a letter or _, then letters, digits, _ or -',
        ),
      ];
    return ['string', 'number', 'boolean'].includes(typeof written)
      ? []
      : [wrong(document, [name], `'${name}' has no value`, 'a text, a number, true or false')];
  });
  if (problems.length > 0) throw asOneError(problems);
  return textOfVariables(document, [], value as Record<string, unknown>);
}

const wrong = (
  document: YamlDocument,
  path: string[],
  message: string,
  expected: string,
): TapbootError =>
  scenarioError('TAPBOOT_E_VARIABLE_FILE', message, {
    at: document.location(document.keySpan(path)),
    expected,
  });

/** Those of the parser's complaints that quote keys at most. */
const QUOTES_NO_VALUE = new Set<ErrorCode>([
  'TAPBOOT_E_YAML_SIZE',
  'TAPBOOT_E_YAML_DEPTH',
  'TAPBOOT_E_YAML_EMPTY',
  'TAPBOOT_E_YAML_DUPLICATE_KEY',
  'TAPBOOT_E_YAML_DOCUMENTS',
]);

/** What the parser says may quote the text, and the excerpt always does. */
function withoutText(error: TapbootError): TapbootError {
  const told = QUOTES_NO_VALUE.has(error.code) ? error.message : 'this cannot be read as YAML';
  return error.with(told, {
    at: error.details.at,
    expected: 'a YAML mapping, NAME: VALUE; text with special characters in quotes',
    hint: 'The line is not shown here, since it may hold a secret.',
  });
}
