import { expect, test } from 'vitest';
import { ScrollScale } from '../../widgets/scroll-scale.ts';
import { layoutFor, nameWidth } from './layout.ts';

test('a million rows fit a scrollbar that browsers can draw', () => {
  const scale = new ScrollScale(1_000_000, 24, 720);
  expect(scale.height).toBe(8_000_000);
  expect(scale.rowAt(0)).toBe(0);
  expect(scale.rowAt(8_000_000 - 720)).toBe(1_000_000 - 30);
  expect(scale.rowAt(scale.pxAt(654_321))).toBeCloseTo(654_321, 3);
});

test('few rows scroll as they are', () => {
  const scale = new ScrollScale(100, 24, 720);
  expect([scale.height, scale.rowAt(24), scale.pxAt(10)]).toEqual([2400, 1, 240]);
  expect(new ScrollScale(3, 24, 720).rowAt(500)).toBe(0);
});

test('names stand over their bars where there is no room beside them', () => {
  expect(layoutFor(375, true, 340, false)).toMatchObject({ narrow: true, name: 0, rows: { rowPx: 44, namesAbove: true } });
  expect(layoutFor(1280, false, 340, false)).toMatchObject({ narrow: false, name: 340, rows: { rowPx: 24 } });
  expect(layoutFor(1280, true, 340, false).rows.rowPx).toBe(44);
});

test('packed lanes have no name column, and room for a name in the bar', () => {
  expect(layoutFor(1280, false, 340, true)).toMatchObject({ narrow: false, name: 0, rows: { rowPx: 20, namesAbove: false } });
});

test('the name column keeps to its limits', () => {
  expect([nameWidth(10, 1000), nameWidth(333, 1000), nameWidth(999, 1000)]).toEqual([140, 333, 600]);
});
