import { expect, test } from 'vitest';
import { lastKnown, linePath } from './line-path.ts';
import { shadeOf } from './shades.ts';

test.each([
  [[0, 5, 10], 'M0 11L10 6L20 1'],
  [[1, null, 1, 1], 'M0 1M13.33 1L20 1'],
  [[null, null], ''],
  [[0, 0], 'M0 11L20 11'],
])('a line through %j', (values, path) => {
  expect(linePath(values, 20, 12)).toBe(path);
});

test('the newest value is the last that is known', () => {
  expect([lastKnown([1, 2, null]), lastKnown([null]), lastKnown([])]).toEqual([2, null, null]);
});

test('shades go with the logarithm, from the palest for one to the darkest for the most', () => {
  expect([1, 10, 100, 1_000, 10_000, 100_000].map((count) => shadeOf(count, 100_000))).toEqual([1, 2, 3, 4, 5, 6]);
  expect(shadeOf(1, 1)).toBe(6);
});
