/**
 * What is left on a disk: inspection of raw disk images from the host, read-only.
 * Nothing here starts a VM or writes to a disk.
 */
export {
  contentKinds,
  type Extent,
  type Finding,
  type FindingCount,
  type FindingKind,
  type InspectOptions,
  type Inspection,
  type ResidueTools,
} from './finding.js';
export { inspectDisk } from './inspect.js';
export {
  judgeDisk,
  type DiskExpectation,
  type DiskJudgement,
  type PresentFinding,
} from './judge.js';
export { searchName } from './search.js';
export { findingLine, findingsTable, offsetText } from './table.js';
export { mdPlace, type MdVersion } from './signatures/md-places.js';
