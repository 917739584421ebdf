import { expect, test } from 'vitest';
import { type Line, sceneOf } from '../../../engine/testing/scenes.ts';
import { boxesOf } from './flame-boxes.ts';
import { flameTree, type FlameNode, type Transform, transformed, type Weight } from './flame-tree.ts';
import { selfTimes } from './self-time.ts';

const LINES: Line[] = [
  [1, 'run', 0, 100],
  [2, 'get', 10, 20],
  [3, 'read', 12, 10],
  [2, 'get', 40, 20],
  [3, 'read', 42, 10],
  [2, 'put', 70, 20],
  [3, 'put', 72, 10],
];

/** A tree in one line: `name width (children)`. */
function shown(lines: Line[], transforms: Transform[] = [], weight: Weight = 'self'): string {
  const { columns } = sceneOf(lines);
  const { root, fns } = flameTree(columns, selfTimes(columns), weight);
  const after = transforms.reduce(transformed, root);
  const text = (nodes: FlameNode[]): string =>
    nodes
      .map((node) => {
        const below = node.children.length > 0 ? ` (${text(node.children)})` : '';
        return `${fns[node.fn].name} ${boxesOf({ ...node, own: 0, children: [node] }, 0).weight}${below}`;
      })
      .join(', ');
  return text(after.children);
}

const [GET, READ, PUT] = [1, 2, 3];

test('spans are merged by path', () => {
  expect(shown(LINES)).toBe('run 100 (get 40 (read 20), put 20 (put 10))');
});

test('with total time, what ran side by side counts twice', () => {
  const parallel: Line[] = [[1, 'run', 0, 10], [2, 'a', 0, 10], [2, 'b', 0, 10]];
  expect(shown(parallel)).toBe('run 20 (a 10, b 10)');
  expect(shown([[1, 'run', 0, 10], [2, 'a', 0, 4], [2, 'b', 2, 4]])).toBe('run 12 (a 4, b 4)');
  expect(shown([[1, 'run', 0, 10], [2, 'a', 0, 4], [2, 'b', 2, 4]], [], 'total')).toBe('run 10 (a 4, b 4)');
});

test.each<[string, Transform[], string]>([
  ['a function is focused', [{ do: 'focus', of: GET }], 'get 40 (read 20)'],
  ['a subtree is focused', [{ do: 'focus-subtree', of: 4 }], 'put 20 (put 10)'],
  ['a function is merged into its callers', [{ do: 'merge', of: GET }], 'run 100 (read 20, put 20 (put 10))'],
  ['a node is merged into its caller', [{ do: 'merge-node', of: 4 }], 'run 100 (get 40 (read 20), put 10)'],
  ['a function is collapsed', [{ do: 'collapse', of: GET }], 'run 100 (get 40, put 20 (put 10))'],
  ['recursion is collapsed', [{ do: 'collapse-recursion', of: PUT }], 'run 100 (get 40 (read 20), put 20)'],
  ['a function is dropped', [{ do: 'drop', of: GET }], 'run 60 (put 20 (put 10))'],
  ['one after the other', [{ do: 'drop', of: READ }, { do: 'focus', of: GET }], 'get 20'],
  ['what is not there changes nothing', [{ do: 'focus', of: 99 }], 'run 100 (get 40 (read 20), put 20 (put 10))'],
])('%s', (_, transforms, tree) => {
  expect(shown(LINES, transforms)).toBe(tree);
});

test('boxes stand left heavy, and the narrowest are counted', () => {
  const { columns } = sceneOf(LINES);
  const { root } = flameTree(columns, selfTimes(columns), 'self');
  const { list, weight, depth, left } = boxesOf(root, 0.15);
  expect(list.map((box) => [box.depth, box.left, box.width])).toEqual([[0, 0, 1], [1, 0, 0.4], [2, 0, 0.2], [1, 0.4, 0.2]]);
  expect([weight, depth, left]).toEqual([100, 3, 1]);
});
