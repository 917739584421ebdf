import { expect, test } from 'vitest';
import { NO_ROW } from './columns.ts';
import { Scene } from './scene.ts';
import { type Line, sceneOf } from './testing/scenes.ts';
import { walk } from './walk.ts';
import type { Step } from './protocol.ts';

const LINES: Line[] = [
  [1, 'a', 0, 100],
  [2, 'b', 0, 50],
  [3, 'c', 0, 20],
  [3, 'd', 20, 20, 2],
  [2, 'e', 50, 50],
  [1, 'f', 90, 10],
];

function shown(scene: Scene): string {
  const { columns, tree } = scene;
  return [...tree.visible.subarray(0, tree.count)].map((row) => columns.names[columns.name[row]]).join('');
}

function rowOf(scene: Scene, name: string): number {
  return name === '' ? -1 : scene.columns.name.indexOf(scene.columns.names.indexOf(name));
}

test('depth, sizes, errors and places are derived', () => {
  const { columns } = sceneOf(LINES);
  const of = (list: ArrayLike<number>) => Array.from(list).slice(0, columns.count);
  expect(of(columns.depth)).toEqual([1, 2, 3, 3, 2, 1]);
  expect(of(columns.size)).toEqual([5, 3, 1, 1, 1, 1]);
  expect(of(columns.errors)).toEqual([1, 1, 0, 1, 0, 0]);
  expect(of(columns.place)).toEqual([1, 1, 1, 2, 2, 2]);
  expect([columns.siblings(0), columns.siblings(2)]).toEqual([2, 2]);
});

test('folding hides subtrees', () => {
  const scene = sceneOf(LINES);
  expect(shown(scene)).toBe('abcdef');
  scene.tree.set(1, false);
  expect(shown(scene)).toBe('abef');
  scene.tree.setAll(false);
  expect(shown(scene)).toBe('af');
  scene.tree.step(1);
  expect(shown(scene)).toBe('abef');
  scene.tree.step(-1);
  expect(shown(scene)).toBe('af');
  scene.tree.reveal([3]);
  expect(shown(scene)).toBe('abcdef');
  scene.tree.setSubtree(0, false);
  expect(shown(scene)).toBe('af');
  scene.tree.setAll(true);
  expect(shown(scene)).toBe('abcdef');
});

test('a row without children does not fold', () => {
  const scene = sceneOf(LINES);
  scene.tree.set(2, false);
  expect(shown(scene)).toBe('abcdef');
});

test('a hidden row stands where its visible ancestor does', () => {
  const scene = sceneOf(LINES);
  scene.tree.set(1, false);
  expect([0, 1, 3, 4, 5].map((row) => scene.tree.indexOf(row))).toEqual([0, 1, 1, 2, 3]);
});

test('a large trace opens to the level that fits, and its first level at least', () => {
  const wide: Line[] = [[1, 'root', 0, 10]];
  for (let i = 0; i < 3_000; i++) wide.push([2, `leaf ${i % 2}`, 0, 1], [3, 'deep', 0, 1]);
  expect(sceneOf(wide).tree.count).toBe(3_001);
  const deep: Line[] = [[1, 'root', 0, 10]];
  for (let i = 0; i < 600; i++) deep.push([2, `x${i % 2}`, 0, 1], [3, 'y', 0, 1], [4, 'z', 0, 1], [5, 'zz', 0, 1]);
  expect(sceneOf(deep).tree.count).toBe(1_801);
});

/** A root with 25 equal children, the third of them with a child in error, and one more behind them. */
const RUN: Line[] = [[1, 'r', 0, 100]];
for (let i = 0; i < 25; i++) {
  RUN.push([2, 'm', i, i + 1]);
  if (i === 2) RUN.push([3, 'x', i, 1, 2]);
}
RUN.push([2, 'z', 90, 1, 2]);

test('twenty equal siblings or more are one row', () => {
  const scene = sceneOf(RUN);
  const { tree } = scene;
  expect(shown(scene)).toBe('rmz');
  expect([tree.standsForRun(1), tree.isOpen(1), tree.canFold(1), tree.hiddenBelow(1)]).toEqual([true, false, true, 25]);
  expect([...tree.errorsHiddenAt(1)]).toEqual([4]);
  const run = tree.runs.startingAt(1);
  expect(run && tree.runs.summary(run)).toEqual({ count: 25, total: 325, p50: 13, p99: 25, longest: 25, end: 49, errors: 1 });
  tree.set(1, true);
  expect(shown(scene)).toBe(`rmmmx${'m'.repeat(22)}z`);
  expect(tree.errorsHiddenAt(3)).toHaveLength(0);
  expect(tree.closeRun(7)).toBe(1);
  expect(shown(scene)).toBe('rmz');
  tree.reveal([4]);
  expect(tree.isVisible(4)).toBe(true);
  tree.setAll(false);
  expect(shown(scene)).toBe('r');
  tree.setAll(true);
  expect(tree.count).toBe(RUN.length);
});

test('nineteen are as many rows', () => {
  const few: Line[] = Array.from({ length: 19 }, (_, i) => [1, 'a', i, 1]);
  expect(sceneOf(few).tree.count).toBe(19);
  expect(sceneOf([...few, [1, 'a', 19, 1]]).tree.count).toBe(1);
});

test('a service that is left out hands its errors to the nearest row above', () => {
  const scene = sceneOf([
    [1, 'web/a', 0, 9],
    [2, 'web/b', 0, 4],
    [2, 'db/c', 4, 4],
    [3, 'db/d', 4, 1, 2],
    [3, 'web/e', 5, 1],
  ]);
  scene.leaveOut(['db']);
  expect(shown(scene)).toBe('abe');
  expect([0, 1, 2].map((index) => [...scene.tree.errorsHiddenAt(index)])).toEqual([[3], [], []]);
  expect([scene.tree.level(4), scene.tree.visibleParent(4)]).toEqual([2, 0]);
  expect(walk(scene, new Uint32Array(0), 'next-error', 0, 3)).toBe(-1);
  expect(walk(scene, new Uint32Array(0), 'out', 4, 3)).toBe(0);
  scene.leaveOut([]);
  expect(shown(scene)).toBe('abcde');
});

test('rows that come later join the tree', () => {
  const scene = sceneOf(LINES);
  scene.columns.append({
    count: 1,
    start: Float64Array.of(95),
    dur: Float64Array.of(1),
    parent: Uint32Array.of(5),
    name: Uint32Array.of(0),
    service: Uint16Array.of(0),
    flags: Uint32Array.of(2),
  });
  scene.settle();
  expect(shown(scene)).toBe('abcdefa');
  expect([scene.columns.size[5], scene.columns.errors[5], scene.columns.size[0]]).toEqual([2, 1, 5]);
  expect(scene.columns.parent[0]).toBe(NO_ROW);
});

test.each<[Step, string, string]>([
  ['next', '', 'a'],
  ['next', 'a', 'b'],
  ['previous', 'a', 'a'],
  ['last', 'a', 'f'],
  ['first', 'f', 'a'],
  ['page-down', 'a', 'd'],
  ['page-up', 'f', 'c'],
  ['in', 'b', 'c'],
  ['in', 'c', ''],
  ['out', 'c', 'b'],
  ['out', 'a', ''],
  ['next-sibling', 'b', 'e'],
  ['next-sibling', 'a', 'f'],
  ['next-sibling', 'e', ''],
  ['previous-sibling', 'e', 'b'],
  ['previous-sibling', 'f', 'a'],
  ['previous-sibling', 'c', ''],
  ['next-error', 'a', 'd'],
  ['next-error', 'e', 'd'],
  ['previous-error', 'd', 'd'],
  ['next-hit', 'a', 'c'],
  ['next-hit', 'e', 'c'],
  ['previous-hit', 'c', 'e'],
])('%s of %s is %s', (step, from, to) => {
  const scene = sceneOf(LINES);
  const hits = Uint32Array.of(2, 4);
  expect(walk(scene, hits, step, rowOf(scene, from), 3)).toBe(rowOf(scene, to));
});
