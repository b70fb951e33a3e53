/**
 * Failure capsules: a machine at the moment a step failed, and before, in one file. Kept by
 * {@link CapsuleKeeper} while a scenario runs, opened again by {@link openCapsule}. What is
 * inside is told in docs/capsules.md.
 */
export { CapsuleKeeper } from './keeper.js';
export { keysOfCapsule, openCapsule, readCapsule } from './open-capsule.js';
export type { MomentChoice } from './choose-moment.js';
export { imageAllowed, type Permission } from './permissions.js';
