/** Evidence taken from a guest: which commands, which files. Judges nothing but OOM kills. */
export { collectDiagnostics, TEARDOWN, type DiagnosticSource } from './failure-evidence.js';
export { findOomKills } from './oom-kills.js';
