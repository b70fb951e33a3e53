import type { Scenario } from './model.js';

/** The scenarios whose checkpoints lead to this one, the first of them first. */
export function sourcesOf({ from }: Pick<Scenario, 'from'>, all: readonly Scenario[]): Scenario[] {
  const source = all.find(({ id }) => id === from?.scenario);
  return source === undefined ? [] : [...sourcesOf(source, all), source];
}
