import { userCacheDirectory } from '../config/cache-directory.js';
import type { Environment } from '../host/environment.js';
import type { Terminal } from '../run/request.js';
import { cleanStream } from '../language/printable.js';
import { findProjectRoot, projectVersion } from '../host/project-root.js';

/** The outside world as the commands see it; the one place that takes it from `process`. */
export interface Outside {
  /** The command line without node and script. */
  arguments: readonly string[];
  environment: Environment;
  workingDirectory: string;
  projectRoot: string;
  version: string;
  stdin: NodeJS.ReadStream;
  /** Text leaves by these cleaned, whoever wrote it; bytes pass. */
  stdout: Terminal;
  stderr: Terminal;
  /** @throws TapbootError `infra` when the environment names no place for it */
  cacheDirectory(): string;
}

export function outsideOfProcess(argv: readonly string[]): Outside {
  const projectRoot = findProjectRoot();
  return {
    arguments: argv,
    environment: process.env,
    workingDirectory: process.cwd(),
    projectRoot,
    version: projectVersion(projectRoot),
    stdin: process.stdin,
    stdout: cleanStream<Terminal>(process.stdout),
    stderr: cleanStream<Terminal>(process.stderr),
    cacheDirectory: () => userCacheDirectory(process.env),
  };
}
