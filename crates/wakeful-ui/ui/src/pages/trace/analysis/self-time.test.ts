import { expect, test } from 'vitest';
import { type Line, sceneOf } from '../../../engine/testing/scenes.ts';
import { selfTimes } from './self-time.ts';

test.each<[string, Line[], number[]]>([
  ['a span without children', [[1, 'run', 0, 10]], [10]],
  ['children one after the other', [[1, 'run', 0, 10], [2, 'a', 1, 2], [2, 'b', 5, 3]], [5, 2, 3]],
  ['children that overlap', [[1, 'run', 0, 10], [2, 'a', 1, 4], [2, 'b', 3, 4]], [4, 4, 4]],
  ['one child within another', [[1, 'run', 0, 10], [2, 'a', 1, 8], [2, 'b', 3, 2]], [2, 8, 2]],
  ['a child that outlives its parent', [[1, 'run', 0, 10], [2, 'a', 8, 8]], [8, 8]],
  ['a child that began before its parent', [[1, 'run', 5, 10], [2, 'a', 0, 7]], [8, 7]],
  ['a child that ran after its parent', [[1, 'run', 0, 10], [2, 'a', 20, 5]], [10, 5]],
  ['grandchildren take from their parent alone', [[1, 'run', 0, 10], [2, 'a', 0, 6], [3, 'b', 1, 2]], [4, 4, 2]],
])('%s', (_, lines, self) => {
  expect([...selfTimes(sceneOf(lines).columns)]).toEqual(self);
});
