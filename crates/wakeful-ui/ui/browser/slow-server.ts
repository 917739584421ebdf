import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Server } from './server.ts';

/** Answers every request with these lines, one at a time. `cancelled` says whether someone left before the last. */
export async function slowly(lines: readonly string[], pauseMs: number): Promise<Server & { cancelled: () => boolean }> {
  let left = false;
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/x-ndjson');
    response.setHeader('access-control-allow-origin', '*');
    let next = 0;
    const timer = setInterval(() => {
      response.write(`${lines[next]}\n`);
      next++;
      if (next === lines.length) {
        clearInterval(timer);
        response.end();
      }
    }, pauseMs);
    response.on('close', () => {
      clearInterval(timer);
      left ||= next < lines.length;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cancelled: () => left,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
