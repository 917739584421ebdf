import { createSocket } from 'node:dgram';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MockTrace } from '../dev/mock-trace.ts';

const CAPTURED = join(import.meta.dirname, '../../../../testdata/captured/jaeger/rust-mini-redis/udp-compact-simple');
const PLACEHOLDER = 1 << 14;
const BATCH = 5_000;

/** Sends the three datagrams that mini-redis sent, to the agent's port. */
export async function sendMiniRedis(address: string): Promise<void> {
  const [host, port] = split(address);
  const socket = createSocket('udp4');
  try {
    const files = (await readdir(CAPTURED)).filter((name) => name.endsWith('.bin')).sort();
    for (const file of files) {
      const datagram = await readFile(join(CAPTURED, file));
      await new Promise<void>((resolve, reject) => {
        socket.send(datagram, port, host, (error) => (error ? reject(error) : resolve()));
      });
    }
  } finally {
    socket.close();
  }
}

/** Sends a trace as OTLP JSON, in several requests; a row that stands for a missing parent is not sent. */
export async function sendTrace(address: string, trace: MockTrace): Promise<void> {
  const [host, port] = split(address);
  for (let from = 0; from < trace.start.length; from += BATCH) {
    const byService = new Map<string, object[]>();
    for (let row = from; row < Math.min(from + BATCH, trace.start.length); row++) {
      if (trace.flags[row] & PLACEHOLDER) continue;
      const spans = byService.get(trace.service[row]) ?? [];
      spans.push(spanOf(trace, row));
      byService.set(trace.service[row], spans);
    }
    const resourceSpans = [...byService].map(([service, spans]) => ({
      resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
      scopeSpans: [{ scope: { name: 'browser-tests' }, spans }],
    }));
    const answer = await fetch(`http://${host}:${port}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans }),
    });
    if (!answer.ok) throw new Error(`spans were refused: ${answer.status} ${await answer.text()}`);
  }
}

function spanOf(trace: MockTrace, row: number): object {
  const parent = trace.parent[row];
  const start = trace.base + BigInt(trace.start[row]);
  return {
    traceId: trace.id,
    spanId: spanId(row),
    ...(parent === 0xffffffff ? {} : { parentSpanId: spanId(parent) }),
    name: trace.name[row],
    kind: (trace.flags[row] >> 2) & 7,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + BigInt(trace.dur[row])),
    status: { code: trace.flags[row] & 3 },
    attributes: [
      { key: 'http.method', value: { stringValue: 'GET' } },
      { key: 'http.status_code', value: { intValue: '200' } },
    ],
  };
}

function spanId(row: number): string {
  return (row + 1).toString(16).padStart(16, '0');
}

function split(address: string): [string, number] {
  const at = address.lastIndexOf(':');
  return [address.slice(0, at), Number(address.slice(at + 1))];
}
