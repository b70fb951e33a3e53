/**
 * The scenario language: YAML files in, typed scenarios or precise complaints out. Knows
 * nothing of VMs; everything that runs a scenario builds on the types in `model.ts`.
 */
export type * from './model.js';
export { checkScenarios } from './check.js';
export { explainFile, explainStep, stepKinds, type KeyExplanation } from './explain.js';
export { keyTable } from './key-table.js';
export { loadScenarios, readScenarios } from './load/load.js';
export type { LoadedScenarios, LoadOptions } from './load/load.js';
export { loadPlan, readPlan } from './plans/load.js';
export { planAsShell } from './plans/shell.js';
export { planJsonSchema, scenarioJsonSchema } from './schema/json-schema.js';
export { selectScenarios, type Selected, type Selection } from './select.js';
export { sourcesOf } from './sources.js';
