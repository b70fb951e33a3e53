import { z } from 'zod';
import type { OutputExpectation } from '../language/expectation.js';
import {
  commandKey,
  expectKey,
  outputLimitKey,
  stdinKey,
  type WrittenExpectation,
} from '../language/schema/expectations.js';
import type { YamlPath } from '../language/yaml/path.js';
import { readExpectation } from './expectation-schema.js';
import type { StepReader } from '../language/reader.js';

/** A command in the guest and what is expected of it. */
export interface CommandStepBody {
  command: string;
  stdin?: string;
  expect: OutputExpectation;
  /** Bytes kept of each stream; absent: the channel's default. */
  outputLimit?: number;
}

/** Keys of a command's long form. */
export const commandKeys = {
  command: commandKey,
  stdin: stdinKey.optional(),
  expect: expectKey.optional(),
  output_limit: outputLimitKey.optional(),
};

/** The command alone, or a mapping with what belongs to it. */
export const commandOrMapping = z.union([commandKey, z.strictObject(commandKeys)]);

interface WrittenCommand {
  command: string;
  stdin?: string | undefined;
  expect?: WrittenExpectation | undefined;
  output_limit?: number | string | undefined;
}

/** The command of either form. */
export const commandOf = (written: string | WrittenCommand): string =>
  typeof written === 'string' ? written : written.command;

/**
 * Reads a command in either form.
 *
 * @param path where the command or its mapping stands
 * @param outside `expect` beside the kind's key, at `['expect']`
 */
export function readCommand(
  written: string | WrittenCommand,
  path: YamlPath,
  reader: StepReader,
  outside?: WrittenExpectation,
): CommandStepBody {
  if (typeof written === 'string') {
    return { command: written, expect: readExpectation(outside, ['expect'], reader) };
  }
  const expect =
    written.expect === undefined
      ? readExpectation(outside, ['expect'], reader)
      : readExpectation(written.expect, [...path, 'expect'], reader);
  return {
    command: written.command,
    expect,
    stdin: written.stdin,
    outputLimit:
      written.output_limit === undefined
        ? undefined
        : reader.integer([...path, 'output_limit'], written.output_limit, 1, 64 * 1024 * 1024),
  };
}
