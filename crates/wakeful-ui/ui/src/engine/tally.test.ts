import { expect, test } from 'vitest';
import { ADJUSTED, OPEN, PLACEHOLDER } from './flags.ts';
import { tallyOf } from './tally.ts';
import { sceneOf } from './testing/scenes.ts';

test('open and adjusted spans are counted, and roots have services', () => {
  const { columns } = sceneOf([
    [1, 'web/run', 0, 9, OPEN],
    [2, 'db/apply', 1, 2, ADJUSTED | OPEN],
    [1, '/5c1f', 0, 9, PLACEHOLDER | OPEN],
    [2, 'queue/take', 3, 2],
    [2, 'queue/give', 3, 2],
  ]);
  expect(tallyOf(columns)).toEqual({ open: 2, adjusted: 1, rootServices: ['queue', 'web'], root: { service: 'web', name: 'run' } });
});
