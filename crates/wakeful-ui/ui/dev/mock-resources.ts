import { columnFromArray, dictionary, float64, uint32, uint64, uint8, utf8 } from '@uwdata/flechette';
import { encodeArrow } from './mock-arrow.ts';

const SECOND = 1e9;

interface MockResource {
  id: number;
  type: string;
  location: string;
  attributes: string;
  holder: number;
  waiting: number;
  internal: boolean;
  lints: number;
}

const ALL: readonly MockResource[] = [
  { id: 7, type: 'Mutex', location: 'src/a.rs:10:5', attributes: 'locked=true', holder: 13, waiting: 1, internal: false, lints: 1 << 9 },
  { id: 8, type: 'Mutex', location: 'src/a.rs:11:5', attributes: 'locked=true', holder: 14, waiting: 1, internal: false, lints: 1 << 9 },
  { id: 9, type: 'Semaphore', location: 'src/pool.rs:31:9', attributes: 'permits=0', holder: 0, waiting: 12, internal: false, lints: 1 << 7 },
  { id: 10, type: 'mpsc::channel', location: 'src/db.rs:20:5', attributes: 'capacity=64 depth=12', holder: 0, waiting: 0, internal: false, lints: 0 },
  { id: 11, type: 'RwLock', location: 'src/cache.rs:18:7', attributes: 'readers=3', holder: 0, waiting: 0, internal: false, lints: 0 },
  { id: 12, type: 'Semaphore', location: 'tokio/src/sync/batch_semaphore.rs:9:1', attributes: '', holder: 0, waiting: 0, internal: true, lints: 0 },
];

export function resourceTable(at: bigint, query: URLSearchParams, facts: Record<string, string>): Uint8Array {
  const wanted = (query.get('filter') ?? '').toLowerCase();
  const rows = ALL.filter((row) => query.get('internal') === '1' || !row.internal).filter((row) => `${row.type} ${row.location}`.toLowerCase().includes(wanted));
  const f64 = (of: (row: MockResource) => number) => columnFromArray(rows.map(of), float64());
  const u64 = (of: (row: MockResource) => number) => columnFromArray(rows.map((row) => BigInt(of(row))), uint64());
  const text = (of: (row: MockResource) => string) => columnFromArray(rows.map(of), dictionary(utf8(), uint32()));
  const base = at - 3_722_000_000_000n;
  return encodeArrow(
    {
      id: u64(({ id }) => id),
      parent: u64(() => 0),
      kind: text(() => 'Sync'),
      type: text(({ type }) => type),
      name: text(({ id }) => (id === 9 ? 'pool' : '')),
      target: text(() => 'wakeful::sync'),
      location: text(({ location }) => location),
      attributes: text(({ attributes }) => attributes),
      internal: columnFromArray(rows.map(({ internal }) => Number(internal)), uint8()),
      start: f64(() => 0),
      end: f64(() => Number.NaN),
      total: f64(({ id }) => 3_722 * SECOND - id),
      holder: u64(({ holder }) => holder),
      held: f64(({ holder }) => (holder ? 3_627 * SECOND : Number.NaN)),
      waiting: f64(({ waiting }) => waiting),
      longestWait: f64(({ waiting }) => (waiting ? 94 * SECOND : Number.NaN)),
      ...Object.fromEntries(['acquisitions', 'contended', 'waited', 'heldTotal'].map((name, i) => [name, f64(({ waiting }) => waiting * 10 ** (i + 1))])),
      ops: f64(({ waiting }) => waiting * 10),
      lints: columnFromArray(rows.map(({ lints }) => lints), uint32()),
    },
    {
      ...{ base: String(base), at: String(at), matched: String(rows.length), resources: '5', internal: '1', lost: '0', complete: 'true', message: '' },
      ...facts,
    },
  );
}

/** All of one resource; undefined if there is none. */
export function resourceDetails(at: bigint, id: number, insight: object): object | undefined {
  const row = ALL.find((known) => known.id === id);
  const before = (seconds: number) => String(at - BigInt(seconds) * 1_000_000_000n);
  const locked = id === 7 || id === 8;
  const other = id === 7 ? '14' : '13';
  const task = (number: string, name: string) => ({ id: number, name, location: 'src/server.rs:90:5', state: 'idle', ended: null });
  return (
    row && {
      ...{ id: String(id), parent: null, kind: 'Sync', type: row.type, name: '', target: 'wakeful::sync', location: row.location, internal: row.internal },
      ...{ startUnixNanos: before(3_722), endUnixNanos: null, atUnixNanos: String(at), attributes: [{ key: 'locked', value: 'true', unit: '' }] },
      holders: row.holder ? [{ task: task(String(row.holder), 'connection'), sinceUnixNanos: before(95), location: 'src/a.rs:40:9', how: '' }] : [],
      waiters: locked ? [{ task: task(other, 'accept'), sinceUnixNanos: before(94), location: null, how: 'Mutex::lock' }] : [],
      waitersTotal: locked ? 1 : 0,
      contention: { acquisitions: 1_204, contended: 3, waited: 94 * SECOND, held: 95 * SECOND },
      asyncOps: [
        {
          ...{ id: '4', parent: null, task: other, source: 'Mutex::lock', startUnixNanos: before(94), endUnixNanos: null, total: 94 * SECOND, busy: 1_000 },
          ...{ idle: 94 * SECOND - 1_000, polls: 1, ready: false },
        },
      ],
      asyncOpsTotal: 1,
      waitsFor: locked
        ? {
            nodes: [
              { kind: 'task', id: '13', title: 'task 13' },
              { kind: 'resource', id: '8', title: 'Mutex src/a.rs:11:5' },
              { kind: 'task', id: '14', title: 'task 14' },
              { kind: 'resource', id: '7', title: 'Mutex src/a.rs:10:5' },
            ],
            edges: [
              { from: 0, to: 1, kind: 'waits' },
              { from: 2, to: 1, kind: 'holds' },
              { from: 2, to: 3, kind: 'waits' },
              { from: 0, to: 3, kind: 'holds' },
            ],
            cycle: true,
          }
        : null,
      lints: locked
        ? [
            {
              ...{ name: 'deadlock', message: 'tasks 13 and 14 wait for each other', sinceUnixNanos: before(94), tasks: ['13', '14'], resources: ['7', '8'], location: null },
              remedy: 'take the two locks in the same order everywhere',
            },
          ]
        : [],
      insight,
    }
  );
}

/** Figures of the runtime over thirty seconds; what stable Tokio does not tell is null. */
export function series(at: bigint): object {
  const steps = Array.from({ length: 60 }, (_, i) => i);
  const heat = steps.map((i) => [0, 40 + (i % 7) * 9, 120 + (i % 5) * 30, 20 + (i % 3) * 6, i % 4, i === 41 ? 3 : 0, i === 41 ? 1 : 0, 0]);
  return {
    ...{ fromUnixNanos: String(at - 30_000_000_000n), stepNanos: 5e8 },
    tasksAlive: steps.map((i) => 1_180 + Math.round(20 * Math.sin(i / 6)) + i),
    globalQueue: steps.map((i) => (i % 13 === 4 ? 9 : i % 3)),
    blockingThreads: steps.map(() => null),
    pollMax: steps.map((i) => (i === 41 ? 240e6 : 90_000 + (i % 9) * 30_000)),
    polls: steps.map((i) => (i > 20 && i < 24 ? null : 900 + (i % 10) * 40)),
    blockingQueue: steps.map(() => 0),
    workers: [0, 1].map((index) => ({
      ...{ index, thread: String(index + 2), parks: steps.map(() => 12), steals: steps.map(() => null), localQueue: steps.map(() => 0) },
      busy: steps.map((i) => Math.min(1, 0.3 + index * 0.1 + 0.25 * Math.sin(i / 5 + index) + (i === 41 && index === 0 ? 0.5 : 0))),
    })),
    pollHeat: { bounds: [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9], counts: heat },
  };
}
