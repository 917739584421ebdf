import { expect, test } from 'vitest';
import type { Columns } from '../../../engine/columns.ts';
import { INTERVALS, PLACEHOLDER, STATUS_ERROR } from '../../../engine/flags.ts';
import { sceneOf } from '../../../engine/testing/scenes.ts';
import { selfTimes } from './self-time.ts';
import { type Codes, sorted, statistics, valueOf } from './statistics.ts';

const { columns } = sceneOf([
  [1, 'web/run', 0, 100],
  [2, 'db/get', 10, 20, STATUS_ERROR],
  [2, 'db/put', 40, 10],
  [2, 'web/get', 60, 30, INTERVALS | (51 << 16)],
  [1, '/5c1f', 200, 10, PLACEHOLDER],
]);
const self = selfTimes(columns);
const services = (of: Columns): Codes => ({ labels: of.services, of: of.service });
const names = (of: Columns): Codes => ({ labels: of.names, of: of.name });

test('by service', () => {
  const groups = statistics(columns, self, services(columns), null);
  expect(groups.map(({ label, count, errors, total, min, max }) => ({ label, count, errors, total, min, max }))).toEqual([
    { label: 'web', count: 2, errors: 0, total: 130, min: 30, max: 100 },
    { label: 'db', count: 2, errors: 1, total: 30, min: 10, max: 20 },
  ]);
  const [web] = groups;
  expect([web.selfTotal, web.selfMin, web.selfMax]).toEqual([70, 30, 40]);
  expect([valueOf(web, 'avg', 100), valueOf(web, 'selfAvg', 100), valueOf(web, 'share', 100)]).toEqual([65, 35, 70]);
});

test('then by operation', () => {
  const [web, db] = statistics(columns, self, services(columns), names(columns));
  expect(web.parts.map(({ label, count }) => [label, count])).toEqual([['run', 1], ['get', 1]]);
  expect(db.parts.map(({ label, selfTotal }) => [label, selfTotal])).toEqual([['get', 20], ['put', 10]]);
});

test('spans without an attribute are a group of their own', () => {
  const groups = statistics(columns, self, { labels: ['GET'], of: [-1, 0, -1, 0, -1] }, null);
  expect(groups.map(({ label, count }) => [label, count])).toEqual([[null, 2], ['GET', 2]]);
});

test('busy time is known where there are intervals, and else is not', () => {
  const [web, db] = statistics(columns, self, services(columns), null);
  expect(valueOf(web, 'busy', 100)).toBeCloseTo(6);
  expect(valueOf(db, 'busy', 100)).toBeNaN();
});

test('groups are sorted by any column, the unknown last', () => {
  const groups = statistics(columns, self, names(columns), null);
  const order = (field: Parameters<typeof sorted>[1], descending: boolean) =>
    sorted(groups, field, descending, 100).map(({ label }) => label);
  expect(order('label', false)).toEqual(['get', 'put', 'run']);
  expect(order('total', true)).toEqual(['run', 'get', 'put']);
  expect(order('busy', false)[0]).toBe('get');
  expect(order('errors', true)[0]).toBe('get');
});
