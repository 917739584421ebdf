import { expect, test } from 'vitest';
import { axisOf } from './ticks.ts';

function labels(t0: number, nsPerPx: number, w = 400): string {
  const { ticks, offset } = axisOf({ t0, nsPerPx, w });
  return [offset, ...ticks.map(({ label }) => label)].filter(Boolean).join(' | ');
}

test.each([
  ['a whole trace', 0, 12_500, '0 | 2 ms | 4 ms'],
  ['a part of it', 2_000_000, 5_000, '2 ms | 2.5 ms | 3 ms | 3.5 ms | 4 ms'],
  ['seconds', 0, 1e7, '0 | 1 s | 2 s | 3 s | 4 s'],
  ['deep in, labels count from an instant', 3_012_345_678, 0.2, '3.012 345 680 s | 0 | +20 ns | +40 ns | +60 ns'],
])('%s', (_, t0, nsPerPx, expected) => {
  expect(labels(t0, nsPerPx)).toBe(expected);
});

test('ticks are at least a label apart', () => {
  for (let power = -2; power < 12; power += 0.13) {
    const { ticks } = axisOf({ t0: 0, nsPerPx: 10 ** power, w: 1920 });
    for (let i = 1; i < ticks.length; i++) expect(ticks[i].x - ticks[i - 1].x).toBeGreaterThanOrEqual(95.9);
  }
});
