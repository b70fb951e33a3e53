import type { VmHost } from '../controller/vm-host.js';
import type { EventStream } from '../events/events.js';
import type { RunRecord } from '../metadata/run-record.js';
import type { Redactor } from '../report/redact.js';
import type { RunRequest } from './request.js';

/** What a scenario needs of its run. */
export interface ScenarioContext {
  request: RunRequest;
  record: RunRecord;
  events: EventStream;
  secrets: Redactor;
  host: VmHost;
  log: (line: string) => void;
}
