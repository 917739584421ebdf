import { expect, test } from 'vitest';
import { arrowOf, generated, miniRedis } from '../../dev/mock-trace.ts';
import { Columns } from './columns.ts';
import { StreamDecoder } from './decode.ts';

/** Feeds the bytes in pieces of one size. */
function decoded(bytes: Uint8Array, piece: number): { columns: Columns; decoder: StreamDecoder; steps: number[] } {
  const columns = new Columns();
  const decoder = new StreamDecoder(columns);
  const steps: number[] = [];
  for (let at = 0; at < bytes.length; at += piece) {
    if (decoder.push(bytes.subarray(at, at + piece))) steps.push(columns.count);
  }
  return { columns, decoder, steps };
}

test.each([1, 7, 64, 1_000_000])('three spans in pieces of %d bytes', (piece) => {
  const { columns, decoder } = decoded(arrowOf(miniRedis(1_795_248_471_024_080_001n)), piece);
  expect(decoder.facts).toMatchObject({
    id: '4bf92f3577b34da6a3ce929d0e0e4736',
    base: '1795248471024080001',
    durationNanos: 5_214_907,
    services: 1,
    depth: 2,
    spans: 3,
    complete: true,
    cut: false,
  });
  expect(columns.count).toBe(3);
  expect([...columns.start.subarray(0, 3)]).toEqual([0, 1_200_000, 3_010_000]);
  expect([...columns.depth.subarray(0, 3)]).toEqual([1, 2, 2]);
  expect([0, 1, 2].map((row) => columns.names[columns.name[row]])).toEqual(['run', 'apply', 'apply']);
  expect(columns.services).toEqual(['mini-redis']);
});

test('rows of a long stream are there batch by batch, and equal what was sent', () => {
  const trace = generated('a', 150_000, 0n, 1e9);
  const { columns, steps } = decoded(arrowOf(trace), 64 * 1024);
  expect(steps).toEqual([65_536, 131_072, 150_000]);
  for (let row = 0; row < trace.start.length; row += 997) {
    expect(columns.start[row]).toBe(trace.start[row]);
    expect(columns.names[columns.name[row]]).toBe(trace.name[row]);
    expect(columns.services[columns.service[row]]).toBe(trace.service[row]);
    expect(columns.flags[row]).toBe(trace.flags[row]);
  }
});

test('what is no Arrow stream is refused', () => {
  expect(() => decoded(new TextEncoder().encode('<html>not a trace</html>'), 8)).toThrow('not an Arrow stream');
});
