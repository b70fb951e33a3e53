export { scenarioArguments, scenarioDirectory } from '../run/scenario-arguments.js';
export type { ScenarioArguments } from '../run/scenario-arguments.js';
