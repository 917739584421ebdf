import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { Mock } from '../dev/mock.ts';
import { HEADERS } from './policy.ts';
import type { Server, Stored } from './server.ts';

const TYPES: Record<string, string> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};

/** The built page and generated traces under the server's headers, for working on the page without a binary; null is no page. */
export async function startMock(dist: string | null, now: number, stored: Stored): Promise<Server> {
  if (dist !== null && !existsSync(join(dist, 'index.html'))) throw new Error('the page is not built; run `npm run build` first');
  const mock = new Mock(now, stored.miniRedis ? Math.max(1_421, stored.large) : 0);
  const server = createServer((request, response) => {
    if (mock.answer(request, response)) return;
    if (dist === null) {
      response.statusCode = 404;
      response.end();
      return;
    }
    const { pathname } = new URL(request.url ?? '/', 'http://mock');
    const file = join(dist, pathname);
    const path = pathname !== '/' && existsSync(file) ? file : join(dist, 'index.html');
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream');
    response.end(readFileSync(path));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
