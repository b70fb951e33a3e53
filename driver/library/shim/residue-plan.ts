import { join } from 'node:path';
import { processEdge } from '../process-edge.js';
import { loadPlan, type Plan } from '../../scenario/index.js';
import { shellQuote } from '../../quote.js';

/** @deprecated Use the plan `raid-lvm-residue` in a scenario. */
export interface RaidResiduePlan {
  preseed_commands: string[];
  verification_commands: string[];
  /** What no verification may show. */
  teardown_expectations: string[];
  /** The logical volume that holds the marker. */
  sentinel_path: string;
}

/**
 * The commands of the plan `raid-lvm-residue`, as the old module had them. `stdin` of a step
 * is piped into its command, so that each stands for itself.
 * @deprecated Use the plan in a scenario, or `tapboot plan raid-lvm-residue --shell`.
 */
export async function build_raid_residue_plan(): Promise<RaidResiduePlan> {
  const { projectRoot, workingDirectory } = processEdge();
  const plan = await loadPlan('raid-lvm-residue', join(projectRoot, 'scenarios/plans'), {
    workingDirectory,
  });
  const absent = sectionOf(plan, 'verify').flatMap(
    ({ expect }) => expect.stdout?.notContains ?? [],
  );
  return {
    preseed_commands: commandsOf(plan, 'seed'),
    verification_commands: commandsOf(plan, 'verify'),
    teardown_expectations: [...new Set(absent)],
    sentinel_path: '/dev/vg_residue/lv_residue',
  };
}

const sectionOf = (plan: Plan, name: string) =>
  plan.sections.find((section) => section.name === name)?.steps ?? [];

function commandsOf(plan: Plan, section: string): string[] {
  return sectionOf(plan, section).map(({ command, stdin }) => {
    if (stdin === undefined) return command;
    const lines = stdin.replace(/\n$/, '').split('\n');
    const words = lines.map(shellQuote).join(' ');
    return `printf '%s\\n' ${words} | { ${command.trim()}; }`;
  });
}
