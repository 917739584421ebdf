import { expect, test } from 'vitest';
import { SORTS, sortBeside, sortOf } from './sorts.ts';

test('every sort has its inverse', () => {
  expect(SORTS).toHaveLength(10);
  for (const { value, inverse } of SORTS) {
    expect(SORTS.find((sort) => sort.value === inverse)?.inverse).toBe(value);
  }
});

test.each([
  ['', 'newest'],
  ['sort=name-desc', 'name-desc'],
  ['sort=recent', 'newest'],
])('the sort of %j', (address, value) => {
  expect(sortOf(new URLSearchParams(address)).value).toBe(value);
});

test.each([
  ['newest', 1, 'longest'],
  ['shortest', 1, 'most-spans'],
  ['newest', -1, 'name'],
  ['name-desc', 1, 'newest'],
] as const)('beside %s, %d', (value, by, beside) => {
  const sort = sortOf(new URLSearchParams({ sort: value }));
  expect(sortBeside(sort, by).value).toBe(beside);
});
