/**
 * What a guest says whose programs need instructions that its CPU lacks: glibc's loader, its
 * start-up code, and the kernel of a program that was killed for it
 * (arch/x86/kernel/traps.c, `trap invalid opcode`).
 */
const TOO_OLD =
  /CPU ISA level is lower than required|CPU does not support x86-64-v\d|trap invalid opcode|invalid opcode: 0000/;

/** The shell's status of a command that SIGILL has ended. */
const KILLED_BY_SIGILL = 132;

/** The next step where a guest's CPU is too old for it; undefined where it is not. */
export function oldCpuHint(said: string, exitStatus?: number | null): string | undefined {
  const [words] = TOO_OLD.exec(said) ?? (exitStatus === KILLED_BY_SIGILL ? ['SIGILL'] : []);
  if (words === undefined) return undefined;
  return `The guest needs a newer CPU (${words}): set \`machine: { cpu: max }\`, or a model with the features it lacks.`;
}
