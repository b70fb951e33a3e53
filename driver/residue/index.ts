/**
 * What is left on a disk: inspection of raw disk images from the host, read-only.
 * Nothing here starts a VM or writes to a disk.
 */
export { type Finding, type FindingKind, type InspectOptions, type Inspection } from './finding.js';
export { inspectDisk } from './inspect.js';
export {
  judgeDisk,
  type DiskExpectation,
  type DiskJudgement,
  type PresentFinding,
} from './judge.js';
export { findingLine, findingsTable } from './table.js';
export { mdPlace } from './signatures/md-places.js';
