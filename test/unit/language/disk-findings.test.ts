import t from 'tap';
import { contentKinds, type FindingKind } from '../../../driver/residue/finding.js';
import { DISK_FINDING_KINDS } from '../../../driver/language/disk-findings.js';

/** Every kind of the disk inspection; the compiler refuses a missing or a further one. */
const kinds: Record<FindingKind, true> = {
  'md-superblock': true,
  'md-bitmap': true,
  'md-ppl': true,
  'raid-other': true,
  'lvm-label': true,
  'lvm-area': true,
  'lvm-metadata': true,
  filesystem: true,
  'filesystem-backup': true,
  'partition-table': true,
  'boot-code': true,
  swap: true,
  crypto: true,
  'storage-other': true,
  bytes: true,
  data: true,
};

t.test('scenarios can ask for every mark that the disk inspection knows', async (t) => {
  const marks = (Object.keys(kinds) as FindingKind[]).filter((kind) => !contentKinds.has(kind));
  t.same([...DISK_FINDING_KINDS].sort(), marks.sort());
});
