import { mkdirSync, symlinkSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import t from 'tap';
import { serveReport } from '../../../../driver/report/html/serve.js';

/** A request as it is, without the tidying of addresses that `fetch` does. */
function get(url: string, path: string, host?: string) {
  return new Promise<{ status?: number; type?: string; policy?: string; body: string }>(
    (resolve, reject) => {
      const { hostname, port, pathname } = new URL(url);
      const headers = host === undefined ? {} : { host };
      const whole = pathname.slice(0, -1) + path;
      const asked = request({ hostname, port, path: whole, headers }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.on('end', () => {
          const type = response.headers['content-type'];
          const policy = response.headers['content-security-policy'];
          resolve({
            body,
            status: response.statusCode,
            type,
            policy: typeof policy === 'string' ? policy : undefined,
          });
        });
      });
      asked.on('error', reject).end();
    },
  );
}

t.test('serves the run and nothing else', async (t) => {
  const directory = t.testdir({
    'secret.txt': 'outside',
    run: {
      'report.html': '<p>report',
      logs: { 'serial.log': 'guest' },
      artifacts: { 'evil.html': '<script>' },
    },
  });
  const run = join(directory, 'run');
  mkdirSync(join(run, 'empty'));
  symlinkSync('../secret.txt', join(run, 'link.txt'));
  await using server = await serveReport(run);
  t.match(server.url, /^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/$/);
  t.match(await get(server.url, '/'), { status: 200, type: /html/, body: '<p>report' });
  t.match(await get(server.url, '/logs/serial.log'), {
    status: 200,
    type: /^text\/plain/,
    body: 'guest',
  });
  const evil = await get(server.url, '/artifacts/evil.html');
  t.equal(evil.type, 'application/octet-stream', 'only the report is HTML');
  t.match(evil.policy, /sandbox/);
  for (const path of [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/link.txt',
    '/empty',
    '/none',
    '/%',
    '/%00',
  ]) {
    t.match(await get(server.url, path), { status: 404 }, path);
  }
  t.match(await get(server.url, '/', 'evil.example'), { status: 421 }, 'no other name');
});

t.test('who does not know the address gets nothing, on the same host, too', async (t) => {
  const run = t.testdir({ 'report.html': '<p>report', artifacts: { 'capsule.tar.zst': 'RAM' } });
  await using server = await serveReport(run);
  const bare = new URL('/', server.url).href;
  const token = new URL(server.url).pathname.slice(1, -1);
  for (const path of [
    '/',
    '/artifacts/capsule.tar.zst',
    `/${token.slice(0, -1)}/artifacts/capsule.tar.zst`,
    `/${token}x/artifacts/capsule.tar.zst`,
    `/${token}`,
    `/x/../${token.toUpperCase()}/report.html`,
    `/?${token}/`,
  ]) {
    t.match(await get(bare, path), { status: 403, body: '403\n' }, path);
  }
  t.match(await get(server.url, '/artifacts/capsule.tar.zst'), { status: 200, body: 'RAM' });
  await using other = await serveReport(run);
  t.not(new URL(other.url).pathname, new URL(server.url).pathname, 'each server has its own');
});
