import { resolve } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { scenarioError } from '../../errors.js';
import type { ImageSpec } from '../image.js';

/** The options of a `debian…` SPEC. */
export interface DebianOptions {
  layout: 'fast' | 'iso';
  /** How an ISO boots; `direct` takes kernel and initrd out of it. */
  boot: 'bios' | 'uefi' | 'direct';
  /** The reference agent, none, or a directory. */
  agent: { kind: 'reference' } | { kind: 'none' } | { kind: 'directory'; path: string };
  /** Further layers, absolute paths, in the order they are applied. */
  layers: string[];
}

/**
 * Reads `debian[:fast|:iso][,boot=bios|uefi|direct][,agent=DIR|none][,layer=DIR[+DIR…]]`.
 *
 * @param workingDirectory that relative paths count from.
 * @throws TapbootError `TAPBOOT_E_IMAGE_OPTION` (scenario), with the nearest valid word.
 */
export function readOptions(spec: ImageSpec, workingDirectory: string): DebianOptions {
  for (const key of Object.keys(spec.options)) {
    if (!['boot', 'agent', 'layer'].includes(key)) {
      throw wrong(spec, `the image provider debian has no option “${key}”`, key, [
        ...['boot', 'agent', 'layer'],
      ]);
    }
  }
  const layout = oneOf(spec, 'layout', spec.target || 'fast', ['fast', 'iso'] as const);
  const given = spec.options['boot'];
  if (given !== undefined && layout === 'fast') {
    throw scenarioError('TAPBOOT_E_IMAGE_OPTION', 'boot= belongs to the ISO', {
      expected: 'debian:iso,boot=… ; the fast layout always boots its kernel directly',
      got: spec.text,
    });
  }
  const agent = spec.options['agent'];
  const path = (text: string): string => resolve(workingDirectory, text);
  return {
    layout,
    boot: oneOf(spec, 'boot', given ?? 'bios', ['bios', 'uefi', 'direct'] as const),
    agent:
      agent === undefined
        ? { kind: 'reference' }
        : agent === 'none'
          ? { kind: 'none' }
          : { kind: 'directory', path: path(agent) },
    layers: (spec.options['layer'] ?? '').split('+').filter(Boolean).map(path),
  };
}

function oneOf<T extends string>(
  spec: ImageSpec,
  what: string,
  got: string,
  values: readonly T[],
): T {
  const value = values.find((candidate) => candidate === got);
  if (value !== undefined) return value;
  throw wrong(spec, `the image provider debian has no ${what} “${got}”`, got, values);
}

function wrong(spec: ImageSpec, message: string, got: string, values: readonly string[]): Error {
  return scenarioError('TAPBOOT_E_IMAGE_OPTION', message, {
    expected: values.join(', '),
    got: spec.text,
    hint: `Did you mean “${closest(got, values)}”?`,
  });
}
