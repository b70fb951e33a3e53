/** Evidence taken from a guest: which commands, which files. Judges nothing but OOM kills. */
export {
  collectDiagnostics,
  TEARDOWN,
  type DiagnosticOptions,
  type DiagnosticSource,
} from './failure-evidence.js';
export { findOomKills, oomWords, type OomKill } from './oom-kills.js';
