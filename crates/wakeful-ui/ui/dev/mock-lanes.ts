import { columnFromArray, dictionary, float64, uint16, uint32, uint64, uint8, utf8 } from '@uwdata/flechette';
import { encodeArrow } from './mock-arrow.ts';

const NONE = 0xffffffff;
const MS = 1e6;

/** A row as the mock writes it; what is left out is nothing. */
interface Item {
  lane: number;
  kind: number;
  start: number;
  dur: number;
  task?: number;
  thread?: number;
  /** A name for the rows that others mean. */
  key?: string;
  other?: string;
  from?: string;
  by?: number;
  byTask?: number;
  count?: number;
  flags?: number;
  busy?: number;
  label?: string;
}

function encode(items: Item[], facts: Record<string, string>): Uint8Array {
  const rows = [...items].sort((a, b) => a.lane - b.lane || a.start - b.start);
  const rowOf = (key: string | undefined) => (key === undefined ? NONE : rows.findIndex((row) => row.key === key));
  const f64 = (of: (row: Item) => number) => columnFromArray(rows.map(of), float64());
  const u32 = (of: (row: Item) => number) => columnFromArray(rows.map(of), uint32());
  const u8 = (of: (row: Item) => number) => columnFromArray(rows.map(of), uint8());
  const u64 = (of: (row: Item) => number) => columnFromArray(rows.map((row) => BigInt(of(row))), uint64());
  return encodeArrow(
    {
      lane: columnFromArray(rows.map(({ lane }) => lane), uint16()),
      kind: u8(({ kind }) => kind),
      start: f64(({ start }) => start),
      dur: f64(({ dur }) => dur),
      task: u64(({ task }) => task ?? 0),
      thread: u64(({ thread }) => thread ?? 0),
      other: u32(({ other }) => rowOf(other)),
      from: u32(({ from }) => rowOf(from)),
      by: u8(({ by }) => by ?? 0),
      byTask: u64(({ byTask }) => byTask ?? 0),
      count: u32(({ count }) => count ?? 1),
      flags: u8(({ flags }) => flags ?? 0),
      busy: f64(({ busy, dur }) => busy ?? dur),
      label: columnFromArray(rows.map(({ label }) => label ?? ''), dictionary(utf8(), uint32())),
    },
    { lost: '0', complete: 'true', message: '', ambiguous: 'false', why: '', blame: '[]', marks: '[]', summed: '0', ...facts },
  );
}

/** A span of a task that is polled twice with a sleep between, woken by the timer, and waits for a worker that another holds. */
export function spanLanes(base: bigint, start: number, dur: number, facts: Record<string, string>): Uint8Array {
  const at = (share: number) => start + Math.round(share * dur);
  const task = 17;
  const [first, woken, second] = [at(0.02), at(0.8), at(0.9)];
  const length = at(0.04) - start;
  const items: Item[] = [
    { lane: 0, kind: 0, start: first, dur: length, task },
    { lane: 0, kind: 0, start: second, dur: at(1) - second, task },
    { lane: 1, kind: 4, start, dur: first - start, task },
    { lane: 1, kind: 1, start: first, dur: length, task, thread: 3, key: 'one' },
    { lane: 1, kind: 3, start: first + length, dur: woken - first - length, task, label: 'Sleep 100 ms · src/main.rs:12' },
    { lane: 1, kind: 2, start: woken, dur: second - woken, task, key: 'wait' },
    { lane: 1, kind: 1, start: second, dur: at(1) - second, task, thread: 3, key: 'two', other: 'wake' },
    { lane: 2, kind: 5, start, dur: 0, task, by: 1, byTask: 1, other: 'one' },
    { lane: 2, kind: 5, start: woken, dur: 0, task, by: 4, other: 'two', key: 'wake', from: 'holder' },
    { lane: 3, kind: 1, start: first, dur: length, task, thread: 3, label: 'task 17' },
    { lane: 3, kind: 7, start: first + length, dur: at(0.7) - first - length, thread: 3 },
    { lane: 3, kind: 1, start: at(0.7), dur: second - at(0.7), task: 21, thread: 3, label: 'compact', flags: 1, key: 'holder' },
    { lane: 3, kind: 1, start: second, dur: at(1) - second, task, thread: 3, label: 'task 17' },
    { lane: 4, kind: 6, start: woken, dur: second - woken, task: 21, thread: 3, other: 'wait', label: 'compact' },
  ];
  const lanes = [
    { kind: 'span', name: 'apply' },
    { kind: 'task', name: 'task 17', task: '17' },
    { kind: 'wakes', name: 'wakes', task: '17' },
    { kind: 'worker', name: 'worker 0', thread: '3' },
    { kind: 'blame', name: 'blame', task: '17' },
  ];
  const blame = [
    {
      ...{ task: '21', name: 'compact', location: 'src/compact.rs:12:5', thread: '3', worker: 'worker 0', polls: 1, nanos: second - woken, share: 1 },
      span: { traceId: '21'.repeat(16), spanId: '21'.repeat(8), service: 'mini-redis', operation: 'compact log', startUnixNanos: String(base), durationNanos: dur, error: false },
    },
  ];
  const sums = {
    ...{ polls: 2, wakes: 2, busy: length + at(1) - second, scheduled: second - woken, idle: woken - first - length, notPolled: first - start },
  };
  return encode(items, {
    ...{ base: String(base), from: String(base + BigInt(start)), to: String(base + BigInt(start + dur)), task: '17' },
    ...{ lanes: JSON.stringify(lanes), blame: JSON.stringify(blame), sums: JSON.stringify(sums), ...facts },
  });
}

/** Thirty seconds of a task: polls each quarter of a second, one of them long. */
export function taskLanes(at: bigint, task: number, facts: Record<string, string>): Uint8Array {
  const items: Item[] = [];
  const sums = { polls: 0, wakes: 0, busy: 0, scheduled: 0, idle: 0, notPolled: 0 };
  for (let i = 0; i < 120; i++) {
    const begin = i * 250 * MS;
    const dur = i === 70 ? 24 * MS : (1 + (i % 7)) * 3 * MS;
    const wait = i % 11 === 3 ? 40 * MS : 1 * MS;
    items.push({ lane: 0, kind: 2, start: begin, dur: wait, task });
    items.push({ lane: 0, kind: 1, start: begin + wait, dur, task, thread: 2 + (i % 2), key: `poll${i}`, other: `wake${i}`, flags: i === 70 ? 1 : 0 });
    items.push({ lane: 0, kind: 3, start: begin + wait + dur, dur: 250 * MS - wait - dur, task, label: i % 2 ? 'Sleep' : '' });
    items.push({ lane: 1, kind: 5, start: begin, dur: 0, task, by: i % 5 === 0 ? 2 : 4, other: `poll${i}`, key: `wake${i}`, ...(i % 5 === 0 && i > 0 ? { from: `poll${i - 1}` } : {}) });
    sums.polls++;
    sums.wakes++;
    sums.busy += dur;
    sums.scheduled += wait;
    sums.idle += 250 * MS - wait - dur;
  }
  const lanes = [
    { kind: 'task', name: `task ${task}`, task: String(task) },
    { kind: 'wakes', name: 'wakes', task: String(task) },
  ];
  const base = at - 30_000_000_000n;
  return encode(items, { base: String(base), from: String(base), to: String(at), lanes: JSON.stringify(lanes), sums: JSON.stringify(sums), task: String(task), ...facts });
}

/** Who held a lock over thirty seconds, and who waited for it. */
export function resourceLanes(at: bigint, facts: Record<string, string>): Uint8Array {
  const items: Item[] = [
    { lane: 0, kind: 10, start: 0, dur: 4_000 * MS, task: 12, label: 'task 12' },
    { lane: 0, kind: 10, start: 5_000 * MS, dur: 25_000 * MS, task: 13, label: 'task 13', flags: 4 },
    { lane: 1, kind: 11, start: 3_000 * MS, dur: 2_000 * MS, task: 13, label: 'task 13' },
    { lane: 1, kind: 11, start: 6_000 * MS, dur: 24_000 * MS, task: 14, label: 'task 14', flags: 4 },
  ];
  const base = at - 30_000_000_000n;
  const lanes = [
    { kind: 'holders', name: 'held by' },
    { kind: 'waiters', name: 'waiters' },
  ];
  const waits = { bounds: [2e6, 4e6, 32e6, 2_100e6], counts: [41, 17, 6, 1], p10: 1e6, p25: 1.5e6, p50: 1.8e6, p75: 3e6, p90: 20e6, p95: 31e6, p99: 2e9, max: 2e9 };
  return encode(items, {
    ...{ base: String(base), from: String(base), to: String(at), lanes: JSON.stringify(lanes), task: '', waitTimes: JSON.stringify(waits), ...facts },
  });
}

/** Two workers and a blocking thread over thirty seconds; the first third is known in sums alone. */
export function runtimeLanes(at: bigint, facts: Record<string, string>): Uint8Array {
  const items: Item[] = [];
  for (let worker = 0; worker < 3; worker++) {
    for (let second = 0; second < 10 && worker < 2; second++) {
      items.push({ lane: worker, kind: 8, start: second * 1e9, dur: 1e9, count: 4_112, busy: (0.2 + 0.07 * ((second * 3 + worker) % 10)) * 1e9, thread: worker + 2 });
    }
    for (let i = 0; i < 60; i++) {
      const start = 10e9 + i * 333 * MS;
      const long = worker === 0 && i === 33;
      const dur = long ? 240 * MS : (((i * 7 + worker * 3) % 9) + 0.2) * 20 * MS;
      if (worker === 2 && i % 20 !== 0) continue;
      items.push({ lane: worker, kind: 1, start, dur, task: 1 + ((i * 5) % 40), thread: worker + 2, flags: long ? 1 : 0, label: long ? 'compact' : `task ${1 + ((i * 5) % 40)}` });
      if (worker < 2) items.push({ lane: worker, kind: 7, start: start + dur, dur: 333 * MS - dur, thread: worker + 2 });
    }
  }
  const lanes = [
    { kind: 'worker', name: 'worker 0', thread: '2' },
    { kind: 'worker', name: 'worker 1', thread: '3' },
    { kind: 'thread', name: 'blocking 0', thread: '4' },
  ];
  const base = at - 30_000_000_000n;
  return encode(items, { base: String(base), from: String(base), to: String(at), lanes: JSON.stringify(lanes), task: '', summed: '82240', ...facts });
}
