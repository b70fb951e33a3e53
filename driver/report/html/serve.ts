import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, relative, sep } from 'node:path';
import { REPORT_NAME } from './html-report.js';

/** A run directory on the web, for this machine alone. */
export interface ReportServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT/TOKEN/` */
  url: string;
}

/** What is sent as what it is; everything else is text, or bytes to be saved. */
const TYPES: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.json': 'application/json',
  '.log': 'text/plain; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.cast': 'text/plain; charset=utf-8',
  '.jsonl': 'text/plain; charset=utf-8',
  '.tap': 'text/plain; charset=utf-8',
};

/**
 * Serves a run directory on 127.0.0.1, which every user of the host reaches: addresses begin with
 * a token that only the caller knows, and without it nothing is told. Only the report is HTML: files that a guest has
 * made are never sent as anything that a browser would run. Requests for another host name
 * are refused, so that no web page can read the run through a name of its own.
 * @param directory the run directory, absolute
 * @param port 0 for any that is free
 * @throws the system's error when the port cannot be had
 */
export async function serveReport(directory: string, port = 0): Promise<ReportServer> {
  const root = await realpath(directory);
  const token = randomBytes(24).toString('base64url');
  const server = createServer((request, response) => {
    void answer(request, response, { root, token }).catch(() => {
      refuse(response, 500);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(bound)}/${token}/`,
    [Symbol.asyncDispose]: () => closed(server),
  };
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(`${String(status)}\n`);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { root, token }: { root: string; token: string },
): Promise<void> {
  if (!/^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(request.headers.host ?? '')) {
    refuse(response, 421);
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    refuse(response, 405);
    return;
  }
  const path = behindToken(request.url ?? '/', token);
  if (path === undefined) {
    refuse(response, 403);
    return;
  }
  const file = await fileOf(path, root);
  const found = file === undefined ? undefined : await stat(file).catch(() => undefined);
  if (file === undefined || found?.isFile() !== true) {
    refuse(response, 404);
    return;
  }
  const report = file === join(root, REPORT_NAME);
  if (!report) response.setHeader('content-security-policy', "default-src 'none'; sandbox");
  response.writeHead(200, {
    'content-type': report
      ? 'text/html; charset=utf-8'
      : (TYPES[extname(file)] ?? 'application/octet-stream'),
    'content-length': found.size,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
  });
  if (request.method === 'HEAD') response.end();
  else
    createReadStream(file)
      .on('error', () => response.destroy())
      .pipe(response);
}

/** What stands behind `/TOKEN` in an address; undefined where there is another token, or none. */
function behindToken(url: string, token: string): string | undefined {
  const given = Buffer.from(url.slice(1, 1 + token.length));
  const right = Buffer.from(token);
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
  const rest = url.slice(1 + token.length);
  return rest.startsWith('/') ? rest : undefined;
}

/** The file that an address means, when it is below `root`, links followed. */
async function fileOf(url: string, root: string): Promise<string | undefined> {
  try {
    const { pathname } = new URL(url, 'http://127.0.0.1');
    const wanted = pathname === '/' ? REPORT_NAME : decodeURIComponent(pathname.slice(1));
    const file = await realpath(join(root, wanted));
    const inside = relative(root, file);
    return inside.split(sep)[0] === '..' ? undefined : file;
  } catch {
    return undefined;
  }
}
