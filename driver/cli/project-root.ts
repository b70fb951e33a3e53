export { findProjectRoot, projectVersion } from '../config/project-root.js';
