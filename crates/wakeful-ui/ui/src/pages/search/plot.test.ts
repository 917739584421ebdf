import { expect, test } from 'vitest';
import { plot } from './plot.ts';

test('one trace stands in the middle of a scale', () => {
  const { dots, rows, columns } = plot([{ at: 1000, duration: 5e6, size: 3 }], 500, 130);
  expect(dots).toEqual([{ x: 271, y: 42, r: 9, item: 0 }]);
  expect(rows.map(({ label }) => label)).toEqual(['1 ms', '10 ms']);
  expect(columns).toHaveLength(1);
});

test('time goes right, duration up, and area is spans', () => {
  const { dots } = plot(
    [
      { at: 2000, duration: 1e9, size: 100 },
      { at: 1000, duration: 1e3, size: 25 },
    ],
    500,
    130,
  );
  expect(dots.map(({ item }) => item)).toEqual([1, 0]);
  expect(dots[0].x).toBeLessThan(dots[1].x);
  expect(dots[0].y).toBeGreaterThan(dots[1].y);
  expect([dots[0].r, dots[1].r]).toEqual([6, 9]);
});

test('without room or traces there is nothing', () => {
  expect(plot([], 500, 130).dots).toEqual([]);
  expect(plot([{ at: 0, duration: 0, size: 1 }], 10, 130).dots).toEqual([]);
});
