import { columnFromArray, dictionary, float64, tableFromColumns, tableToIPC, uint32, uint8, utf8 } from '@uwdata/flechette';
import { words } from '../src/engine/find.ts';
import type { MockTrace } from './mock-trace.ts';

const EVENTS = 1 << 8;
const PLACEHOLDER = 1 << 14;
const SPAN_ID = 1 << 2;

/** The attribute values that the generated spans can be grouped by. */
const METHODS = ['GET', 'PUT', 'POST'];

export function mockSpanId(row: number): string {
  return row.toString(16).padStart(16, '0');
}

/** `trace/{id}/find`: names, services, span ids, and the one attribute that differs from span to span. */
export function findIn(trace: MockTrace, query: string): Uint8Array {
  const wanted = words(query);
  const rows: number[] = [];
  const where: number[] = [];
  for (let row = 0; row < trace.start.length; row++) {
    const holds = (text: string) => wanted.some((word) => text.toLowerCase().includes(word));
    const bits =
      (holds(trace.name[row]) ? 1 : 0) |
      (holds(trace.service[row]) ? 2 : 0) |
      (wanted.includes(mockSpanId(row)) ? SPAN_ID : 0) |
      (holds(`http.method=${METHODS[row % 3]}`) ? 8 : 0);
    if (bits === 0) continue;
    rows.push(row);
    where.push(bits);
  }
  return encoded({ row: columnFromArray(rows, uint32()), where: columnFromArray(where, uint8()) });
}

/** `trace/{id}/attribute?key=http.method`; other keys have no values. */
export function attributeIn(trace: MockTrace, key: string): Uint8Array {
  const rows = key === 'http.method' ? Array.from(trace.start, (_, row) => row).filter((row) => !(trace.flags[row] & PLACEHOLDER)) : [];
  return encoded({
    row: columnFromArray(rows, uint32()),
    value: columnFromArray(rows.map((row) => METHODS[row % 3]), dictionary(utf8(), uint32())),
  });
}

/** `trace/{id}/points?rows=FROM-TO`: two events and a log record in each span that has some. */
export function pointsIn(trace: MockTrace, rows: string): Uint8Array {
  const [from, to] = rows.split('-').map(Number);
  const points: [row: number, time: number, log: number][] = [];
  for (let row = from; row <= Math.min(to, trace.start.length - 1); row++) {
    if ((trace.flags[row] & EVENTS) === 0) continue;
    for (const [share, log] of [[0.1, 0], [0.45, 1], [0.8, 0]]) points.push([row, trace.start[row] + trace.dur[row] * share, log]);
  }
  return encoded({
    row: columnFromArray(points.map(([row]) => row), uint32()),
    time: columnFromArray(points.map(([, time]) => time), float64()),
    log: columnFromArray(points.map(([, , log]) => log), uint8()),
  });
}

const PAGE = 1_000;

/** `trace/{id}/logs`: an event at the start of every tenth span. */
export function logsIn(trace: MockTrace, cursor: string): object[] {
  const rows = Array.from(trace.start, (_, row) => row)
    .filter((row) => row % 10 === 0 && !(trace.flags[row] & PLACEHOLDER))
    .sort((a, b) => trace.start[a] - trace.start[b]);
  const from = Number(cursor || 0);
  const lines: object[] = rows.slice(from, from + PAGE).map((row) => ({
    type: 'log',
    row,
    timeUnixNanos: String(trace.base + BigInt(trace.start[row])),
    name: row % 30 === 0 ? 'exception' : 'cache miss',
    ...(row % 30 === 0 ? { level: 'ERROR' } : {}),
    attributes: [{ key: 'cache.key', type: 'string', value: `user:${row}` }],
  }));
  const more = from + PAGE < rows.length ? { cursor: String(from + PAGE) } : {};
  return [...lines, { type: 'end', complete: true, ...more }];
}

function encoded(columns: Parameters<typeof tableFromColumns>[0]): Uint8Array {
  const bytes = tableToIPC(tableFromColumns(columns), { format: 'stream' });
  if (!bytes) throw new Error('the answer could not be encoded');
  return bytes;
}
