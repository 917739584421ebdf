import { expect, test } from 'vitest';
import { fit, pan, show, windowEnd, zoom } from './view.ts';

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
