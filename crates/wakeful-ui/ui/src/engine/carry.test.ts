import { expect, test } from 'vitest';
import { carried } from './carry.ts';
import { type Line, sceneOf } from './testing/scenes.ts';

const OLD: Line[] = [
  [1, 'run', 10, 90],
  [2, 'apply', 10, 5],
  [2, 'apply', 10, 7],
  [2, 'flush', 40, 20],
  [3, 'write', 41, 2],
];

test.each<[string, Line[], number, number[]]>([
  ['nothing new', OLD, 0, [0, 1, 2, 3, 4]],
  ['a longer root and a child at the end', [[1, 'run', 10, 120], ...OLD.slice(1), [2, 'reply', 70, 1]], 0, [0, 1, 2, 3, 4]],
  ['a child before', [OLD[0], [2, 'open', 10, 1], ...OLD.slice(1)], 0, [0, 2, 3, 4, 5]],
  ['a child between equal starts', [...OLD.slice(0, 2), [2, 'open', 10, 1], ...OLD.slice(2)], 0, [0, 1, 3, 4, 5]],
  ['a root before, and so another base', [[1, 'main', 0, 5], ...OLD.map(([d, n, s, l]): Line => [d, n, s + 30, l])], 30, [1, 2, 3, 4, 5]],
  ['a row that is gone, with all below it', OLD.slice(0, 3), 0, [0, 1, 2, -1, -1]],
])('%s', (_, fresh, shift, expected) => {
  expect([...carried(sceneOf(OLD).columns, sceneOf(fresh).columns, shift)]).toEqual(expected);
});
