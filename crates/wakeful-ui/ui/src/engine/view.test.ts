import { expect, test } from 'vitest';
import { fit, pan, scrolledDown, show, windowEnd, zoom } from './view.ts';

const BLANK = { t0: 0, nsPerPx: 1, w: 1000 };
const DURATION = 5_000_000;

test('fitted, the window is the trace', () => {
  const view = fit(BLANK, DURATION);
  expect([view.t0, windowEnd(view)]).toEqual([0, DURATION]);
});

test('what stands under the pointer stays there', () => {
  const before = fit(BLANK, DURATION);
  const at = before.t0 + 300 * before.nsPerPx;
  const after = zoom(before, 0.5, 300, DURATION);
  expect(after.t0 + 300 * after.nsPerPx).toBeCloseTo(at);
  expect(after.nsPerPx).toBe(before.nsPerPx / 2);
});

test('panning stops at the ends', () => {
  const view = show(BLANK, 1_000_000, 2_000_000, DURATION);
  expect(pan(view, -1e6, DURATION).t0).toBe(0);
  expect(windowEnd(pan(view, 1e6, DURATION))).toBe(DURATION);
});

test('zoom has a floor and a ceiling', () => {
  expect(zoom(BLANK, 1e-12, 0, DURATION).nsPerPx).toBe(0.01);
  const wide = zoom(BLANK, 1e12, 0, DURATION);
  expect(wide.nsPerPx * wide.w).toBe(DURATION * 4);
  expect(wide.t0).toBeLessThanOrEqual(0);
});

test('a trace without a length has a window', () => {
  const view = fit(BLANK, 0);
  expect(windowEnd(view)).toBeGreaterThan(view.t0);
});

test('a row is scrolled to with the rows below it, as far as there is room', () => {
  const view = { ...BLANK, scrollRow: 0, h: 250, dpr: 1, rowPx: 25, barTop: 5, barPx: 14, namesAbove: false };
  expect(scrolledDown(view, 4, 3)).toBe(0);
  expect(scrolledDown(view, 9, 3)).toBe(3);
  expect(scrolledDown({ ...view, scrollRow: 7 }, 9, 3)).toBe(7);
  // The row itself stays in view, whatever is below it.
  expect(scrolledDown(view, 9, 100)).toBe(9);
  expect(scrolledDown({ ...view, h: 0 }, 2, 1)).toBe(3);
});
