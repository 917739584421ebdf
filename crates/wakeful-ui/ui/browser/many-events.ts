import { BASE } from './trace-data.ts';
import type { Server } from './server.ts';

/** Sends one span with so many events, evenly over a second. As protobuf: JSON of a million is longer than a message may be. */
export async function sendEvents(server: Server, traceId: string, spanId: string, count: number): Promise<void> {
  if (!server.otlp) throw new Error('these tests need a server that takes spans: set WAKEFUL_BIN to the binary');
  const event = Buffer.concat([fixed64(1, 0n), text(2, 'e')]);
  const one = bytes(11, event);
  const time = one.length - event.length + 1;
  const events = Buffer.alloc(count * one.length);
  for (let i = 0; i < count; i++) {
    one.copy(events, i * one.length);
    events.writeBigUInt64LE(BASE + BigInt(Math.floor((i * 1e9) / count)), i * one.length + time);
  }
  const span = Buffer.concat([
    bytes(1, Buffer.from(traceId, 'hex')),
    bytes(2, Buffer.from(spanId, 'hex')),
    text(5, 'busy'),
    fixed64(7, BASE),
    fixed64(8, BASE + 1_000_000_000n),
    events,
  ]);
  const resource = bytes(1, bytes(1, Buffer.concat([text(1, 'service.name'), bytes(2, text(1, 'loop'))])));
  const request = bytes(1, Buffer.concat([resource, bytes(2, bytes(2, span))]));
  const answer = await fetch(`http://${server.otlp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: new Uint8Array(request),
  });
  if (!answer.ok) throw new Error(`spans were refused: ${answer.status} ${await answer.text()}`);
}

/** Protobuf's length-delimited field. */
function bytes(field: number, content: Buffer): Buffer {
  const head = [(field << 3) | 2];
  let length = content.length;
  for (; length > 127; length = Math.floor(length / 128)) head.push((length % 128) | 128);
  return Buffer.concat([Buffer.from([...head, length]), content]);
}

function text(field: number, content: string): Buffer {
  return bytes(field, Buffer.from(content));
}

function fixed64(field: number, value: bigint): Buffer {
  const field64 = Buffer.alloc(9);
  field64[0] = (field << 3) | 1;
  field64.writeBigUInt64LE(value, 1);
  return field64;
}
