/**
 * The marks that a `disks` step can ask for by kind. The same words as the disk
 * inspection's `FindingKind`, without those for plain content (`bytes` has a key of its
 * own); a test holds the two lists together.
 */
export const DISK_FINDING_KINDS = [
  'md-superblock',
  'md-bitmap',
  'md-ppl',
  'raid-other',
  'lvm-label',
  'lvm-area',
  'lvm-metadata',
  'filesystem',
  'filesystem-backup',
  'partition-table',
  'boot-code',
  'swap',
  'crypto',
  'storage-other',
] as const;
