import { diffArrays } from 'diff';
import type { Json } from '../store/key.js';

/** The inputs of a capsule, or of the machine that this host would start. */
export type Inputs = Record<string, Json>;

/**
 * In what two sets of inputs differ: one sentence each, naming the input. Where a disk
 * image lies does not count, only what is in it.
 */
export function inputDifferences(capsule: Inputs, here: Inputs): string[] {
  return compare('', placeless(capsule), placeless(here));
}

/** The backing image of a disk is told as `PATH DIGEST`. */
const placeless = (inputs: Inputs): Json =>
  JSON.parse(
    JSON.stringify(inputs, (key, value: unknown) =>
      key === 'backing' && typeof value === 'string' ? value.split(' ').at(-1) : value,
    ),
  ) as Json;

function compare(path: string, capsule: Json | undefined, here: Json | undefined): string[] {
  if (JSON.stringify(capsule) === JSON.stringify(here)) return [];
  if (Array.isArray(capsule) && Array.isArray(here)) {
    return compareLists(path, capsule as Json[], here as Json[]);
  }
  if (isObject(capsule) && isObject(here)) {
    const keys = [...new Set([...Object.keys(capsule), ...Object.keys(here)])].sort();
    return keys.flatMap((key) =>
      compare(path === '' ? key : `${path}.${key}`, capsule[key], here[key]),
    );
  }
  return [`${path}: the capsule has ${told(capsule)}, this host ${told(here)}`];
}

/** Lists are compared as a whole: an argument more must not make all behind it differ. */
function compareLists(path: string, capsule: Json[], here: Json[]): string[] {
  const texts = (list: Json[]): string[] => list.map((value) => JSON.stringify(value));
  const changes = diffArrays(texts(capsule), texts(here));
  const gone = changes.filter(({ removed }) => removed).flatMap(({ value }) => value);
  const come = changes.filter(({ added }) => added).flatMap(({ value }) => value);
  const words = (list: string[]): string => (list.length === 0 ? 'nothing' : list.join(' '));
  return [`${path}: the capsule has ${words(gone)}, this host ${words(come)}`];
}

const isObject = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const told = (value: Json | undefined): string =>
  value === undefined ? 'nothing' : JSON.stringify(value);
