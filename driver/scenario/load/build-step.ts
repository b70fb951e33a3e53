import type { StepBase } from '../../language/step-base.js';
import type { Step } from '../../steps/step.js';
import { CHANNELS } from '../../language/channels.generated.js';
import type { Report } from '../../language/problem.js';
import { definitionOf, type Kind } from '../../steps/schemas.js';
import type { Surroundings } from '../../steps/kind.js';
import { StepReader } from '../../language/reader.js';
import { substitute } from '../../language/variables/substitute.js';
import type { Scope } from '../../language/variables/scope.js';
import type { YamlDocument } from '../../language/yaml/document.js';
import type { YamlPath } from '../../language/yaml/path.js';
import { shorten } from '../../language/yaml/show.js';

/** Longest title made from what a step does, and longest of any, in characters. */
const LONGEST_SUMMARY = 72;
const LONGEST_TITLE = 200;

/** Where a written step stands, and what it may refer to. */
export interface StepPlace {
  document: YamlDocument;
  path: YamlPath;
  scope: Scope;
  report: Report;
  /** Timeout for a step that names none, in milliseconds. */
  timeoutMs: number;
  surroundings: Surroundings;
}

/** The keys that most written steps share. */
interface WrittenCommon {
  name?: string;
  always?: boolean;
  timeout?: string;
  channel?: string;
  checkpoint?: string;
}

/**
 * Makes the typed step of one written step whose shape has been checked: fills in
 * variables, reads units, makes a title. Undefined when a mistake was reported that
 * leaves nothing to make.
 */
export function buildStep(kind: Kind, written: object, place: StepPlace): Step | undefined {
  const { document, path, scope, report, surroundings } = place;
  const filled = substitute(written, path, document, scope, report);
  if (!filled.complete) return undefined;
  const definition = definitionOf(kind);
  const value = filled.value as Record<string, unknown>;
  const reader = new StepReader(document, path, report);
  const base = baseOf(value, reader, place);
  const inner = definition.innerTimeout?.(value);
  if (inner !== undefined) base.timeoutMs = reader.duration([kind, 'timeout'], inner);
  const summary = shorten(definition.summary(value), LONGEST_SUMMARY);
  base.title = base.title === '' ? `${kind}: ${summary}` : base.title;
  return definition.build(value, base, reader, surroundings);
}

function baseOf(written: WrittenCommon, reader: StepReader, place: StepPlace): StepBase {
  const { name, timeout, channel, checkpoint } = written;
  return {
    at: reader.at([]),
    title: name === undefined ? '' : shorten(reader.name(['name'], name), LONGEST_TITLE),
    always: written.always ?? false,
    timeoutMs: timeout === undefined ? place.timeoutMs : reader.duration(['timeout'], timeout),
    channel: channel === undefined ? undefined : reader.choice(['channel'], channel, CHANNELS),
    saveAs: checkpoint,
  };
}
