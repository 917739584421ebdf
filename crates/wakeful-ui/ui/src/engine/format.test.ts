import { expect, test } from 'vitest';
import { formatBytes, formatCount, formatDuration, formatExact } from './format.ts';

test.each([
  [0, '0'],
  [1, '1 ns'],
  [999, '999 ns'],
  [1_000, '1.00 µs'],
  [12_345, '12.3 µs'],
  [999_400, '999 µs'],
  [999_600, '1.00 ms'],
  [3_214_907, '3.21 ms'],
  [999_949_999, '1.00 s'],
  [12e9, '12.0 s'],
  [59.94e9, '59.9 s'],
  [59.96e9, '1 min 00 s'],
  [123e9, '2 min 03 s'],
  [3_600e9, '1 h 00 min'],
  [-1_500, '−1.50 µs'],
  [0.25, '0.25 ns'],
])('duration %d', (nanos, text) => {
  expect(formatDuration(nanos)).toBe(text);
});

test('exact durations are grouped', () => {
  expect(formatExact(3_214_907)).toBe('3,214,907 ns');
});

test.each([
  [7, '7'],
  [1_204, '1,204'],
  [999_999, '999,999'],
  [1_200_000, '1.20 M'],
  [2_500_000_000, '2.50 G'],
])('count %d', (count, text) => {
  expect(formatCount(count)).toBe(text);
});

test.each([
  [999, '999 B'],
  [4_200, '4.2 kB'],
  [61_000_000, '61.0 MB'],
])('bytes %d', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
