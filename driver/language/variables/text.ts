import type { YamlDocument } from '../yaml/document.js';
import type { YamlPath } from '../yaml/path.js';

/**
 * Variables as text. Numbers keep the form they are written in: a version `1.10` does
 * not become `1.1`.
 */
export function textOfVariables(
  document: YamlDocument,
  path: YamlPath,
  written: Readonly<Record<string, unknown>> | undefined,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(written ?? {}).map(([name, value]) => [
      name,
      document.writtenText([...path, name]) ?? String(value),
    ]),
  );
}
