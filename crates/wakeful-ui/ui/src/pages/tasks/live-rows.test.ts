import { expect, test } from 'vitest';
import type { TaskRow } from '../../data/runtime/tasks.ts';
import { comparing, grown, LiveRows } from './live-rows.ts';

function row(id: number, change: Partial<TaskRow> = {}): TaskRow {
  const times = { start: 0, end: Number.NaN, total: 100, busy: 10, scheduled: 5, idle: 85 };
  const counts = { polls: 1, wakes: 0, selfWakes: 0, p99: Number.NaN, longest: Number.NaN, pollTimes: [], lints: 0, ended: 0, at: 100 };
  return { id: String(id), state: 'idle', name: '', kind: 'task', location: '', fields: '', parent: '', ...times, ...counts, ...change };
}

const order = (rows: LiveRows) => rows.list().map(({ id, total }) => `${id}:${total}`);
const byTotal = comparing('total', true);

function three(): LiveRows {
  const rows = new LiveRows();
  rows.set([row(1, { total: 1 }), row(2, { total: 3 }), row(3, { total: 2 })], byTotal);
  return rows;
}

test('rows change where they stand, and are put in order when that is asked for', () => {
  const rows = three();
  expect(order(rows)).toEqual(['2:3', '3:2', '1:1']);
  rows.apply([row(1, { total: 9 })], []);
  expect(order(rows)).toEqual(['2:3', '3:2', '1:9']);
  rows.sort(byTotal);
  expect(order(rows)).toEqual(['1:9', '2:3', '3:2']);
});

test('new rows wait until they are asked for; what is gone leaves, waiting or not', () => {
  const rows = three();
  rows.apply([row(4, { total: 7 }), row(5)], []);
  expect([rows.fresh, order(rows)]).toEqual([2, ['2:3', '3:2', '1:1']]);
  rows.apply([row(4, { total: 8 })], ['5', '3']);
  expect([rows.fresh, order(rows)]).toEqual([1, ['2:3', '1:1']]);
  rows.sort(byTotal);
  expect([rows.fresh, order(rows)]).toEqual([0, ['4:8', '2:3', '1:1']]);
});

test('where nothing is listed, the first rows need not wait', () => {
  const rows = new LiveRows();
  rows.apply([row(7)], []);
  expect([rows.fresh, order(rows)]).toEqual([0, ['7:100']]);
});

test('a table that was cut passes over rows that it has not', () => {
  const rows = three();
  rows.apply([row(9), row(1, { total: 4 })], [], false);
  expect([rows.fresh, order(rows)]).toEqual([0, ['2:3', '3:2', '1:4']]);
});

test('after the connection was lost, what a new list of all does not name is gone', () => {
  const rows = three();
  rows.apply([row(8)], []);
  rows.keepOnly(new Set(['1', '2']));
  expect([rows.fresh, order(rows)]).toEqual([0, ['2:3', '1:1']]);
});

test('time goes on for a task that nothing was heard of, in its state', () => {
  expect(grown(row(1), 150)).toMatchObject({ total: 150, idle: 135, busy: 10 });
  expect(grown(row(1, { state: 'running' }), 150)).toMatchObject({ total: 150, idle: 85, busy: 60 });
  expect(grown(row(1, { state: 'unknown' }), 150)).toMatchObject({ total: 150, idle: 85, busy: 10 });
  expect(grown(row(1, { state: 'done' }), 150)).toMatchObject({ total: 100, idle: 85 });
  expect(grown(row(1, { busy: Number.NaN, state: 'running' }), 150).busy).toBeNaN();
});

test('what is not known comes last, whichever way the sort goes', () => {
  const rows = [row(1, { polls: Number.NaN }), row(2, { polls: 2 }), row(3, { polls: 9 })];
  const ids = (descending: boolean) => [...rows].sort(comparing('polls', descending)).map(({ id }) => id);
  expect([ids(true), ids(false)]).toEqual([['3', '2', '1'], ['2', '3', '1']]);
});

test.each([
  ['state', ['3', '2', '1', '4']],
  ['lints', ['1', '3', '4', '2']],
  ['name', ['1', '2', '3', '4']],
] as const)('sorted by %s', (field, expected) => {
  const rows = [
    row(1, { state: 'idle', name: 'a' }),
    row(2, { state: 'scheduled', name: 'b', lints: 0b11 }),
    row(3, { state: 'running', name: 'c' }),
    row(4, { state: 'done', name: 'd' }),
  ];
  expect([...rows].sort(comparing(field, false)).map(({ id }) => id)).toEqual(expected);
});
