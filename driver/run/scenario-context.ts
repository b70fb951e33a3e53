import type { VmHost } from '../machine/vm-host.js';
import type { EventStream } from '../events/stream.js';
import type { RunRecord } from '../record/run-record.js';
import type { Redactor } from '../report/redact.js';
import type { FailurePolicy } from './failure-policy.js';
import type { RunRequest } from './request.js';

/** What a scenario needs of its run. */
export interface ScenarioContext {
  request: RunRequest;
  record: RunRecord;
  events: EventStream;
  secrets: Redactor;
  host: VmHost;
  /** What is made of its failures. */
  policy: FailurePolicy;
  log: (line: string) => void;
  /** Which of several workers it is, from 1. */
  worker?: number;
}
