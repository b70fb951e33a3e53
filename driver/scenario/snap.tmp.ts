import { writeFileSync } from 'node:fs';
import { checkScenarios } from './index.js';
const d = process.cwd() + '/test/unit/scenario/fixtures/right';
const { scenarios, problems } = await checkScenarios([d], { workingDirectory: d });
console.log(problems.map(p=>p.message));
const s = scenarios.find(x => x.baseId === 'every-key');
writeFileSync('test/unit/scenario/fixtures/every-key.model.json', JSON.stringify(s, (k, v) => k === 'path' || k === 'host' ? undefined : v, 2) + '\n');
