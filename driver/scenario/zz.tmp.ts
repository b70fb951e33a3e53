import { checkScenarios, loadPlan, planAsShell, scenarioJsonSchema, explainStep } from './index.js';
import { describeError } from '../errors.js';
const r = await checkScenarios(process.argv.slice(2), { workingDirectory: process.cwd() });
for (const p of r.problems) console.log(describeError(p) + '\n');
for (const s of r.scenarios) {
  console.log(s.id, s.tags, s.steps.length);
  for (const x of s.steps)
    console.log('  ', x.kind, x.title, x.timeoutMs, x.via?.section ?? '', x.at.line);
}
console.log(r.plans.map((p) => p.name));
if (process.env.J) console.log(JSON.stringify(r.scenarios.at(-1), null, 1));
if (process.env.P)
  console.log(planAsShell(r.plans[0]!, process.env.P === 'all' ? undefined : process.env.P));
if (process.env.E) console.log(JSON.stringify(explainStep(process.env.E), null, 1));
