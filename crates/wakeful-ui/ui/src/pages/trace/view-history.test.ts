import { expect, test } from 'vitest';
import type { View } from '../../engine/view.ts';
import { ViewHistory } from './view-history.ts';

const VIEW: View = { t0: 0, nsPerPx: 1, scrollRow: 0, w: 10, h: 40, dpr: 1, rowPx: 20, barTop: 2, barPx: 16, namesAbove: false };
const at = (t0: number): View => ({ ...VIEW, t0 });

test('back and forward walk the windows that were looked at', () => {
  const history = new ViewHistory();
  history.note(at(0), at(10), 0);
  history.note(at(10), at(11), 100);
  history.note(at(11), at(12), 500);
  history.note(at(12), at(20), 2_000);
  expect(history.back(at(20))?.t0).toBe(12);
  expect(history.back(at(12))?.t0).toBe(0);
  expect(history.back(at(0))).toBeUndefined();
  expect(history.forward(at(0))?.t0).toBe(12);
  history.note(at(12), at(30), 9_000);
  expect(history.forward(at(30))).toBeUndefined();
  expect(history.back(at(30))?.t0).toBe(12);
});

test('scrolling rows is no step', () => {
  const history = new ViewHistory();
  history.note(at(0), { ...at(0), scrollRow: 9 }, 0);
  expect(history.back(at(0))).toBeUndefined();
});

test('a window that was drawn is a step, however soon', () => {
  const history = new ViewHistory();
  history.note(at(0), at(10), 0);
  history.step(at(10), at(20), 100);
  expect(history.back(at(20))?.t0).toBe(10);
  expect(history.back(at(10))?.t0).toBe(0);
});
