import type { TapbootError } from '../../errors.js';
import { nearest, problemAt, type ProblemDetails } from '../problem.js';
import type { YamlDocument } from '../yaml/document.js';
import { showPath, type YamlPath } from '../yaml/path.js';
import { listOf, showValue } from '../yaml/show.js';
import { isMapping, type RuleParams } from './rules.js';

/** The problem of a rule about which keys stand together. */
export function brokenRule(
  params: RuleParams,
  path: YamlPath,
  document: YamlDocument,
): TapbootError {
  const make = (
    message: string,
    details: ProblemDetails,
    span = document.valueSpan(path),
    code: `TAPBOOT_E_${string}` = 'TAPBOOT_E_SCENARIO_CONFLICT',
  ) => problemAt(document, span, code, message, details);
  switch (params.rule) {
    case 'one-of': {
      const { noun, keys, present } = params;
      const [, second] = present;
      const got = present.length === 0 ? mappingKeys(document, path) : present;
      const near = present.length > 0 ? undefined : nearestPair(got, keys);
      return make(
        present.length === 0
          ? `${noun} needs one of these keys`
          : `${noun} can have only one of these keys`,
        {
          expected: `exactly one of ${keyList(keys)}`,
          got: got.length === 0 ? 'none' : listOf(got, 'and'),
          hint: near === undefined ? undefined : `did you mean '${near}'?`,
        },
        second === undefined ? document.valueSpan(path) : document.keySpan([...path, second]),
        'TAPBOOT_E_SCENARIO_KIND',
      );
    }
    case 'some-of':
      return make(`${showPath(path)} asks for nothing`, {
        expected: `at least one of ${keyList(params.keys)}`,
        got: showValue(valueAt(document.value, path)),
      });
    case 'twice':
      return make(
        `'${params.key}' is given twice`,
        {
          expected: `'${params.key}' beside '${params.inner}' or inside it`,
          got: 'both',
          hint: 'remove one of the two',
        },
        document.keySpan(path),
      );
    case 'not-with':
      return make(
        `'${params.key}' cannot stand with '${params.other}'`,
        { expected: params.why, got: 'both' },
        document.keySpan(path),
      );
    case 'gap':
      return make(
        `disk ${params.before} without ${params.missing}`,
        { expected: 'disks from vda on, without gaps', got: params.before },
        document.keySpan(path),
      );
  }
}

/** The first key that is nearly one of `keys`, as it was meant. */
function nearestPair(got: readonly string[], keys: readonly string[]): string | undefined {
  for (const key of got) {
    const near = nearest(key, keys);
    if (near !== undefined) return near;
  }
  return undefined;
}

function mappingKeys(document: YamlDocument, path: YamlPath): string[] {
  const value = valueAt(document.value, path);
  return isMapping(value) ? Object.keys(value) : [];
}

/** The value at a path of plain data. */
export function valueAt(value: unknown, path: YamlPath): unknown {
  let found = value;
  for (const part of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Record<string | number, unknown>)[part];
  }
  return found;
}

/** Keys for a message; the twenty-six disks as one. */
export function keyList(keys: readonly string[]): string {
  const disks = keys.filter((key) => /^vd[a-z]$/.test(key));
  if (disks.length < 26) return keys.join(', ');
  return ['vda to vdz', ...keys.filter((key) => !disks.includes(key))].join(', ');
}
