import { expect, test } from 'vitest';
import type { Heat } from './heat-decode.ts';
import { boxOf, boxText, cellRect, coarse, countIn, domainOf, dotAt, dotsOf, type Item, levelOf, scaleOf } from './plot.ts';

const HEAT: Heat = {
  ...{ columns: 10, rows: 4, start: 1_000_000_000n, end: 11_000_000_000n, least: 1e3, most: 1e7, traces: 9 },
  ...{ complete: true, message: '' },
  cells: [
    { x: 0, y: 0, count: 5, errors: 0 },
    { x: 4, y: 2, count: 3, errors: 1 },
    { x: 9, y: 3, count: 1, errors: 1 },
  ],
};
const item = (at: number, duration: number, size = 1): Item => ({ at, duration, size, failed: false });
const scale = () => scaleOf(domainOf(HEAT, []) ?? { from: 0, to: 1, low: 0, high: 1 }, 570, 138);

test('the plot spans the search, and whole powers of ten', () => {
  expect(domainOf(HEAT, [item(2_000, 5e8)])).toEqual({ from: 1_000, to: 11_000, low: 3, high: 9 });
  expect(domainOf(null, [item(1_000, 5e6)])).toEqual({ from: 1_000, to: 1_000.001, low: 6, high: 7 });
  expect(domainOf(null, [])).toBeNull();
});

test('time goes right, duration up, and lines are round', () => {
  const { x, y, rows, columns } = scale();
  expect([x(1_000), x(11_000), y(1e3), y(1e7)]).toEqual([56, 556, 114, 14]);
  expect(rows.map(({ label }) => label)).toEqual(['1 µs', '10 µs', '100 µs', '1 ms', '10 ms']);
  expect(columns.map(({ at }) => at)).toEqual([1_000, 1_000 + 10_000 / 3, 1_000 + 20_000 / 3, 11_000].map((at) => expect.closeTo(at, 6)));
});

test('area is spans, and dots come in order of time', () => {
  const dots = dotsOf([item(9_000, 1e6, 100), item(2_000, 1e4, 25)], scale());
  expect(dots.map((dot) => [dot.item, dot.r])).toEqual([[1, 6], [0, 9]]);
  expect(dotAt(dots, dots[1].x + 10, dots[1].y, 3)).toBe(1);
  expect(dotAt(dots, dots[1].x + 30, dots[1].y, 3)).toBe(-1);
});

test('a cell stands where its times and durations are', () => {
  expect(cellRect(HEAT, { x: 4, y: 2 }, scale())).toEqual({ x: 256, y: 39, w: 50, h: 25 });
});

test.each([
  [1, 1, 3],
  [1, 812, 1],
  [812, 812, 6],
  [28, 812, 4],
])('%d of %d is drawn as %d', (count, highest, level) => {
  expect(levelOf(count, highest)).toBe(level);
});

test('a dragged box takes the cells that it touches, and says them in the address', () => {
  const box = boxOf(HEAT, scale(), { x: 260, y: 40, w: 60, h: 20 });
  expect(box).toEqual({ x0: 4, x1: 5, y0: 2, y1: 2 });
  if (!box) return;
  expect(countIn(HEAT, box)).toEqual({ count: 3, errors: 1 });
  expect(boxText(HEAT, box)).toBe('5000000000,6999999999,100000,1000000');
  expect(boxOf(HEAT, scale(), { x: 600, y: 0, w: 20, h: 5 })).toBeNull();
});

test('a coarser table has every trace once', () => {
  const table = coarse(HEAT, 3, 2);
  expect(table.map((line) => line.map(({ count }) => count))).toEqual([[5, 0], [0, 3], [0, 1]]);
  expect(coarse(HEAT, 100, 100)).toHaveLength(10);
});
