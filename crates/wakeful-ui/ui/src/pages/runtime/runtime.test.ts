import { expect, test } from 'vitest';
import { lastKnown, linePath } from './line-path.ts';
import { shadeOf } from './shades.ts';

test.each([
  [[0, 5, 10], 1, 'M0 11h0L10 6L20 1'],
  [[1, null, 1, 1], 1, 'M0 1h0M13.33 1h0L20 1'],
  [[1, null, 1, null, null, 1], 2, 'M0 1h0L8 1M20 1h0'],
  [[null, null], 1, ''],
  [[0, 0], 1, 'M0 11h0L20 11'],
])('a line through %j, joined over %i', (values, reach, path) => {
  expect(linePath(values, 20, 12, reach)).toBe(path);
});

test('the newest value is the last that is known', () => {
  expect([lastKnown([1, 2, null]), lastKnown([null]), lastKnown([])]).toEqual([2, null, null]);
});

test('shades go with the logarithm, from the palest for one to the darkest for the most', () => {
  expect([1, 10, 100, 1_000, 10_000, 100_000].map((count) => shadeOf(count, 100_000))).toEqual([1, 2, 3, 4, 5, 6]);
  expect(shadeOf(1, 1)).toBe(6);
});
