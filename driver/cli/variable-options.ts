import type { Command } from 'commander';
import { resolve } from 'node:path';
import { scenarioError, type TapbootError } from '../errors.js';
import { collect, collectVariable } from './option-values.js';
import type { Outside } from './outside.js';

/** Where variables come from, as it was typed. */
export interface VariableFlags {
  /** `--var NAME=VALUE`. */
  variables: Record<string, string>;
  /** `--var-env`, each `NAME` or `NAME=VARIABLE`. */
  varEnv: string[];
  /** `--var-file`, each a path. */
  varFile: string[];
}

/** The same as commander has it. */
export interface VariableOptions extends Omit<VariableFlags, 'variables'> {
  var: Record<string, string>;
}

/** The options that give variables, the same for every command that takes some. */
export const addVariableOptions = (command: Command): Command =>
  command
    .option('--var <name=value>', 'set a variable (repeatable)', collectVariable, {})
    .option(
      '--var-env <name[=variable]>',
      'set one from the environment, for secrets (repeatable)',
      collect,
      [],
    )
    .option(
      '--var-file <file>',
      'set several from a YAML file, for secrets (repeatable)',
      collect,
      [],
    );

/** Commander's options as the flags of a run. */
export const variableFlags = ({
  var: variables,
  varEnv,
  varFile,
}: VariableOptions): VariableFlags => ({ variables, varEnv, varFile });

/**
 * All variables given: `--var` goes before `--var-env`, that before `--var-file`.
 * @throws TapbootError `scenario` TAPBOOT_E_VARIABLE_ENVIRONMENT, TAPBOOT_E_VARIABLE_FILE,
 *   TAPBOOT_E_YAML_…
 */
export async function givenVariables(
  { variables, varEnv, varFile }: VariableFlags,
  outside: Pick<Outside, 'environment' | 'workingDirectory'>,
): Promise<Record<string, string>> {
  const { readVariableFile } = await import('../language/variables/file.js');
  const given: Record<string, string> = {};
  for (const file of varFile) {
    Object.assign(given, await readVariableFile(resolve(outside.workingDirectory, file), file));
  }
  for (const asked of varEnv) {
    const [, name = '', variable = name] = /^([^=]*)(?:=(.*))?$/s.exec(asked) ?? [];
    const value = outside.environment[variable];
    if (value === undefined || value === '') throw notInEnvironment(name, value);
    given[name] = value;
  }
  return { ...given, ...variables };
}

/** What stands behind the `=` may be the secret itself, typed in the wrong place: it is not shown. */
const notInEnvironment = (name: string, value: string | undefined): TapbootError =>
  scenarioError('TAPBOOT_E_VARIABLE_ENVIRONMENT', `--var-env ${name} has no value`, {
    expected: `an environment variable ${name}, or the one named by --var-env ${name}=VARIABLE`,
    got: value === undefined ? 'unset' : 'empty',
    hint: `Export it, or give an empty value by --var ${name}=`,
  });
