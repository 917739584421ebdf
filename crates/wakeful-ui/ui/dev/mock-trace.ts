import {
  columnFromArray,
  dictionary,
  float64,
  tableFromColumns,
  tableToIPC,
  uint16,
  uint32,
  utf8,
} from '@uwdata/flechette';

/** A generated trace: the columns of `docs/ui-api.md`. */
export interface MockTrace {
  id: string;
  base: bigint;
  start: Float64Array;
  dur: Float64Array;
  parent: Uint32Array;
  name: string[];
  service: string[];
  flags: Uint32Array;
  /** How many spans are stored, if not all of them are sent. */
  stored?: number;
}

const ROOT = 0xffffffff;
const SERVICES = ['frontend', 'checkout', 'cart', 'payment', 'stock', 'mail', 'iox-conductor', 'database'];
const OPERATIONS = ['GET /', 'SELECT items', 'INSERT orders', 'lock', 'render', 'publish', 'poll', 'retry', 'serialize'];
const EVENTS = 1 << 8;
const PLACEHOLDER = 1 << 14;
const INTERNAL = 1 << 2;
const ERROR = 2;

/** The three spans of mini-redis' example, children of one `run`. */
export function miniRedis(base: bigint): MockTrace {
  return {
    id: '4bf92f3577b34da6a3ce929d0e0e4736',
    base,
    start: Float64Array.of(0, 1_200_000, 3_010_000),
    dur: Float64Array.of(5_214_907, 310_000, 702_000),
    parent: Uint32Array.of(ROOT, 0, 0),
    name: ['run', 'apply', 'apply'],
    service: ['mini-redis', 'mini-redis', 'mini-redis'],
    flags: Uint32Array.of(INTERNAL, INTERNAL, INTERNAL),
  };
}

/** A tree of `count` spans with several services, some errors, and a parent that is missing; the same each time. */
export function generated(id: string, count: number, base: bigint, duration: number): MockTrace {
  const random = generator(count);
  const trace: MockTrace = {
    id,
    base,
    start: new Float64Array(count),
    dur: new Float64Array(count),
    parent: new Uint32Array(count).fill(ROOT),
    name: [],
    service: [],
    flags: new Uint32Array(count),
  };
  trace.dur[0] = duration;
  const open: number[] = [0];
  const cursor = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    if (row > 0) {
      // Rows come in pre-order: the parent is on the path to the row before.
      while (open.length > 1 && (open.length > 7 || random() < 0.45)) open.pop();
      const parent = open[open.length - 1];
      const left = Math.max(0, trace.start[parent] + trace.dur[parent] - cursor[parent]);
      const most = open.length === 1 ? duration / Math.max(3, count / 20) : trace.dur[parent] * 0.5;
      trace.parent[row] = parent;
      trace.start[row] = Math.floor(cursor[parent] + Math.min(left, most) * random() * 0.2);
      trace.dur[row] = Math.floor(Math.min(left * 0.9, most) * (0.2 + 0.8 * random()));
      cursor[parent] = trace.start[row] + trace.dur[row] * (random() < 0.3 ? 0.4 : 1);
      open.push(row);
    }
    cursor[row] = trace.start[row];
    const depth = open.length;
    trace.service.push(SERVICES[(depth + Math.floor(random() * 2)) % SERVICES.length]);
    trace.name.push(row === 0 ? 'POST /checkout' : OPERATIONS[Math.floor(random() * OPERATIONS.length)]);
    trace.flags[row] = (1 + Math.floor(random() * 5)) << 2;
    if (random() < 0.003) trace.flags[row] |= ERROR;
    if (row % 10 === 0) trace.flags[row] |= EVENTS;
  }
  if (count > 100) {
    // Only a parent can be known to be missing.
    let row = Math.floor(count / 2);
    while (trace.parent[row + 1] !== row) row++;
    trace.flags[row] = PLACEHOLDER;
    trace.name[row] = '5c1f00000000abcd';
    trace.service[row] = '';
  }
  return trace;
}

export function spansOf(trace: MockTrace): number {
  return trace.flags.filter((flags) => (flags & PLACEHOLDER) === 0).length;
}

export function errorsOf(trace: MockTrace): number {
  return trace.flags.filter((flags) => (flags & 3) === ERROR).length;
}

/** Spans whose parent is missing. */
export function orphansOf(trace: MockTrace): number {
  return trace.parent.filter((parent) => parent !== ROOT && (trace.flags[parent] & PLACEHOLDER) !== 0).length;
}

export function servicesOf(trace: MockTrace): { name: string; spans: number; errors: number }[] {
  const counts = new Map<string, { name: string; spans: number; errors: number }>();
  trace.service.forEach((name, row) => {
    if (name === '') return;
    const count = counts.get(name) ?? { name, spans: 0, errors: 0 };
    count.spans++;
    if ((trace.flags[row] & 3) === ERROR) count.errors++;
    counts.set(name, count);
  });
  return [...counts.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function depthOf(trace: MockTrace): number {
  const depth = new Uint32Array(trace.start.length);
  for (let row = 0; row < depth.length; row++) {
    depth[row] = trace.parent[row] === ROOT ? 1 : depth[trace.parent[row]] + 1;
  }
  return depth.reduce((most, at) => Math.max(most, at), 0);
}

/** The trace as an Arrow IPC stream. */
export function arrowOf(trace: MockTrace): Uint8Array {
  const options = { maxBatchRows: 65_536 };
  const table = tableFromColumns({
    start: columnFromArray(trace.start, float64(), options),
    dur: columnFromArray(trace.dur, float64(), options),
    parent: columnFromArray(trace.parent, uint32(), options),
    name: columnFromArray(trace.name, dictionary(utf8(), uint32()), options),
    service: columnFromArray(trace.service, dictionary(utf8(), uint16()), options),
    flags: columnFromArray(trace.flags, uint32(), options),
  });
  const facts = {
    id: trace.id,
    base: trace.base,
    durationNanos: trace.dur[0],
    services: servicesOf(trace).length,
    depth: depthOf(trace),
    spans: spansOf(trace),
    errors: errorsOf(trace),
    orphans: orphansOf(trace),
    warnings: 0,
    rev: 1,
    complete: trace.stored === undefined,
    ...(trace.stored !== undefined && { cut: true, message: `2,000,000 of ${trace.stored.toLocaleString('en')} spans: the earliest, the latest and the longest` }),
  };
  table.schema.metadata = new Map(Object.entries(facts).map(([key, value]) => [key, String(value)]));
  const bytes = tableToIPC(table, { format: 'stream' });
  if (!bytes) throw new Error('the trace could not be encoded');
  return bytes;
}

/** xorshift: the same numbers for the same seed. */
function generator(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 0x1_0000_0000;
  };
}
