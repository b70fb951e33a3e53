/** Environment as Node has it: unset variables are absent or undefined. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The value, or undefined when the variable is unset or empty. */
export function textVariable(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === undefined || value === '' ? undefined : value;
}
