/** The examples of the pages about steps, and the scenarios that run them. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, copyFile, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { projectRoot } from './run-tapboot.js';

/** Scenarios with `- example: N` where the page's step of that number has to stand. */
const FRAMES = join(projectRoot, 'test/vm/keys/pages');

const PLACE = /^ {2}- example: (\d+)$/gm;

const docs = (name: string): string => readFileSync(join(projectRoot, 'docs', name), 'utf8');

const blocksOf = (page: string): string[] =>
  [...page.matchAll(/^```(?:yaml|text)\n([^]*?)^```$/gm)].map(([, block = '']) => block);

/** The steps that a page shows, each as it is written there. */
export function examplesOf(kind: string): string[] {
  return blocksOf(docs(`steps/${kind}.md`)).flatMap((block) => block.split(/^(?=- )/m));
}

/** The kinds of step whose page has a scenario around its examples. */
export const framedPages = (): string[] =>
  readdirSync(FRAMES).map((name) => basename(name, '.yaml'));

/** Numbers of the examples that the scenario of a page runs. */
export const examplesRun = (kind: string): number[] =>
  [...frame(kind).matchAll(PLACE)].map(([, number]) => Number(number));

const frame = (kind: string): string => readFileSync(join(FRAMES, `${kind}.yaml`), 'utf8');

/** The scenario of a page, with the examples in it. */
export function pageScenario(kind: string): string {
  const examples = examplesOf(kind);
  return frame(kind).replace(PLACE, (_place, number: string) =>
    (examples[Number(number) - 1] ?? `- the page has no example ${number}`)
      .trimEnd()
      .replace(/^(?=.)/gm, '  '),
  );
}

/** The plan that the page about plans shows. */
export const pagePlan = (): string => blocksOf(docs('plans.md'))[0] ?? '';

/**
 * Writes the scenarios of all pages into a directory, `page-KIND.yaml`, with the plans and files
 * that the examples name.
 * @returns their paths
 */
export async function writePageScenarios(directory: string): Promise<string[]> {
  await mkdir(join(directory, 'plans'), { recursive: true });
  await mkdir(join(directory, 'files'));
  const residue = 'plans/raid-lvm-residue.yaml';
  await copyFile(join(projectRoot, 'scenarios', residue), join(directory, residue));
  await writeFile(join(directory, 'plans/scratch-volume.yaml'), pagePlan());
  await writeFile(
    join(directory, 'files/preseed.cfg'),
    await readFile(join(projectRoot, 'LICENSE')),
  );
  return await Promise.all(
    framedPages().map(async (kind) => {
      const file = join(directory, `page-${kind}.yaml`);
      await writeFile(file, pageScenario(kind));
      return file;
    }),
  );
}
