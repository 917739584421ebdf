import { expect, test } from 'vitest';
import { PLAIN } from '../../engine/protocol.ts';
import { foldMark, foldTitle, rowsText } from './fold-text.ts';

test('the row count says what is not shown, and why', () => {
  expect(rowsText(PLAIN, 3, 3)).toBe('3 of 3 rows');
  expect(rowsText(PLAIN, 214, 1_421)).toBe('214 of 1,421 rows');
  expect(rowsText({ ...PLAIN, hidden: ['db'] }, 1, 1)).toBe('1 of 1 row · 1 service hidden');
  expect(rowsText({ ...PLAIN, layout: 'packed' }, 12, 1_421)).toBe('12 lanes of 1,421 rows');
});

test('a run says how many it stands for, and how long they took', () => {
  const run = { count: 214, total: 42_800_000, p50: 190_000, p99: 900_000, longest: 1e6, errors: 0 };
  expect(foldMark({ run, hidden: 500 })).toBe('×214');
  expect(foldTitle({ run, hidden: 500 })).toBe('214 equal siblings: total 42.8 ms, p50 190 µs, p99 900 µs');
  expect(foldTitle({ run: { ...run, errors: 1 }, hidden: 0 })).toMatch(/, 1 error$/);
});

test('a folded row says how many rows are below', () => {
  expect([foldMark({ run: null, hidden: 12 }), foldTitle({ run: null, hidden: 12 })]).toEqual(['+12', '12 rows folded']);
  expect([foldMark({ run: null, hidden: 0 }), foldTitle({ run: null, hidden: 0 })]).toEqual(['', '']);
});
