import { expect, test } from 'vitest';
import { MockRuntime, lanesOfSpan } from '../../../dev/mock-runtime.ts';
import { alongArrow, arrowsOf, drawnLanes, itemAt, itemText, laneStarts } from './lane-items.ts';
import { KIND, type Lanes } from './lane-kinds.ts';
import { decodeLanes } from './lanes.ts';

const BASE = 1_795_248_471_024_080_000n;

/** Two polls with a sleep between them: the timer wakes, another task holds the worker for a while. */
function span(): Lanes {
  return decodeLanes(lanesOfSpan(BASE, 1_000, 100_000));
}

const rowsOf = ({ kind, lane, count }: Lanes, wanted: number, of?: number) =>
  Array.from({ length: count }, (_, row) => row).filter((row) => kind[row] === wanted && (of === undefined || lane[row] === of));

test('lanes: heads, rows by lane, what they sum up to', () => {
  const lanes = span();
  expect(lanes.heads.map(({ name }) => name)).toEqual(['apply', 'task 17', 'wakes', 'worker 0', 'blame']);
  expect([...laneStarts(lanes)]).toEqual([0, 2, 7, 9, 13, 14]);
  expect([lanes.from, lanes.to]).toEqual([1_000, 101_000]);
  const { busy, scheduled, idle, notPolled } = lanes.sums ?? {};
  expect((busy ?? 0) + (scheduled ?? 0) + (idle ?? 0) + (notPolled ?? 0)).toBe(100_000);
  expect([lanes.taskId, lanes.why, lanes.insight?.depth]).toEqual(['17', '', 'hooks']);
});

test('a lane without a row begins where the next one does', () => {
  const lanes = span();
  const kept = { ...lanes, heads: [...lanes.heads, { kind: 'worker' as const, name: 'worker 1' }] };
  expect([...laneStarts(kept)]).toEqual([0, 2, 7, 9, 13, 14, 14]);
});

test('arrows lead back to the poll that woke, and on to the one that was woken', () => {
  const lanes = span();
  const [, second] = rowsOf(lanes, KIND.poll, 1);
  const holder = rowsOf(lanes, KIND.poll, 3)[1];
  expect(alongArrow(lanes, second, 'back')).toBe(holder);
  expect(alongArrow(lanes, holder, 'on')).toBe(second);
  expect(alongArrow(lanes, holder, 'back')).toBe(-1);
  expect(alongArrow(lanes, -1, 'back')).toBe(-1);
  expect(arrowsOf(lanes).map(([, poll]) => poll)).toEqual(rowsOf(lanes, KIND.poll, 1));
});

test('a time is an item, or the nearest within reach; of several the shortest', () => {
  const lanes = span();
  const [first] = rowsOf(lanes, KIND.poll, 1);
  expect(itemAt(lanes, 1, lanes.start[first] + 1, 0)).toBe(first);
  const [, timer] = rowsOf(lanes, KIND.wake);
  expect(itemAt(lanes, 2, lanes.start[timer] - 50, 100)).toBe(timer);
  expect(itemAt(lanes, 2, lanes.start[timer] - 500, 100)).toBe(-1);
});

test('an item in words', () => {
  const lanes = span();
  const said = (row: number) => itemText(lanes, row).join(' · ');
  expect(said(rowsOf(lanes, KIND.idle)[0])).toBe('idle · waits for Sleep 100 ms · src/main.rs:12 · task 17 · 74.0 µs');
  expect(said(rowsOf(lanes, KIND.wake)[0])).toBe('wake · task 17 · by task 1');
  expect(said(rowsOf(lanes, KIND.wake)[1])).toBe('wake · task 17 · by timer or driver');
  expect(said(rowsOf(lanes, KIND.poll, 3)[1])).toBe('poll · compact · task 21 · 20.0 µs · a long poll');
});

test('lanes for the engine: times moved, shares of sums, what is selected', () => {
  let body: unknown;
  const response = { setHeader: () => undefined, end: (bytes: unknown) => (body = bytes) };
  new MockRuntime(Date.UTC(2026, 10, 21), true).answer('runtime', new URLSearchParams(), response as never);
  const lanes = decodeLanes(body as Uint8Array);
  const [worker] = drawnLanes(lanes, 7, 1);
  expect([worker.name, worker.start[0], worker.selected, lanes.summed]).toEqual(['worker 0', 7, 1, 82_240]);
  expect(worker.share?.[0]).toBeCloseTo(0.2);
  // Of workers, and of no other lane, polls are told apart by their length.
  expect(worker.length?.[lanes.flags.indexOf(1)]).toBe(3);
  expect(drawnLanes(span(), 0).map(({ length }) => length && [...length])).toEqual([undefined, undefined, undefined, [0, 0, 0, 0], undefined]);
});
