import { expect, test } from 'vitest';
import { type Line, sceneOf } from '../../../engine/testing/scenes.ts';
import { flameTree } from './flame-tree.ts';
import { graphOf } from './graph-layout.ts';
import { selfTimes } from './self-time.ts';

const LINES: Line[] = [
  [1, 'run', 0, 100],
  [2, 'get', 10, 20],
  [3, 'read', 12, 10],
  [2, 'put', 40, 50],
  [2, 'get', 92, 5],
];

function shown(limit: number): string[] {
  const { columns } = sceneOf(LINES);
  const { root, fns } = flameTree(columns, selfTimes(columns), 'self');
  const { nodes, left } = graphOf(root, limit);
  return [...nodes.map(({ fn, column, row, count }) => `${fns[fn].name} ${column},${row} ×${count}`), `left ${left}`];
}

test('callers stand beside the middle of what they call', () => {
  expect(shown(9)).toEqual(['put 1,0 ×1', 'read 2,1 ×1', 'get 1,1 ×2', 'run 0,0.5 ×1', 'left 0']);
});

test('beyond the limit the deepest are left out', () => {
  expect(shown(3)).toEqual(['put 1,0 ×1', 'get 1,1 ×2', 'run 0,0.5 ×1', 'left 1']);
});
