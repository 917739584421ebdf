import { expect, test } from 'vitest';
import { byStart } from './order.ts';
import { FAILED } from './line.ts';
import { pack } from './packed.ts';
import type { Scene } from './scene.ts';
import { drawn } from './testing/picture.ts';
import { type Line, sceneOf, viewOf } from './testing/scenes.ts';
import { walk } from './walk.ts';
import type { Step } from './protocol.ts';

function packedScene(lines: Line[]): Scene {
  const scene = sceneOf(lines);
  scene.look = { ...scene.look, layout: 'packed' };
  return scene;
}

/** Names of each lane, from left to right. */
function lanesOf(lines: Line[], lanesMax?: number): string[] {
  const { columns } = sceneOf(lines);
  const { lanes, rows, from } = pack(columns, () => false, lanesMax);
  return Array.from({ length: lanes }, (_, lane) =>
    [...rows.subarray(from[lane], from[lane + 1])].map((row) => columns.names[columns.name[row]]).join(''),
  );
}

test.each<[string, Line[], string[]]>([
  ['one after the other share a lane', [[1, 'a', 0, 5], [1, 'b', 5, 5], [1, 'c', 20, 5]], ['abc']],
  ['those that overlap do not', [[1, 'a', 0, 5], [1, 'b', 4, 5], [1, 'c', 9, 5]], ['ac', 'b']],
  ['children are below their parents', [[1, 'a', 0, 9], [2, 'b', 1, 2], [3, 'c', 1, 1], [2, 'd', 3, 2]], ['a', 'bd', 'c']],
  ['even those that begin when the parent has ended', [[1, 'a', 0, 2], [2, 'b', 5, 2]], ['a', 'b']],
  ['instants of one time share a lane', [[1, 'a', 3, 0], [1, 'b', 3, 0], [1, 'c', 3, 1]], ['abc']],
])('%s', (_, lines, expected) => {
  expect(lanesOf(lines)).toEqual(expected);
});

test('what finds no lane shares the last one', () => {
  const lines: Line[] = Array.from({ length: 5 }, (_, i) => [1, 'abcde'[i], i, 10]);
  expect(lanesOf(lines, 2)).toEqual(['a', 'b', 'cde']);
  expect(pack(sceneOf(lines).columns, () => false, 2).rest).toEqual({ order: Uint32Array.of(2, 3, 4), lanes: 3 });
});

test('rows are sorted by start to the nanosecond, over days', () => {
  const start = Float64Array.of(9e15, 5, 9e15 - 1, 5, 0, 2 ** 40 + 3, 2 ** 40 + 2);
  expect([...byStart(start, Uint32Array.of(0, 1, 2, 3, 4, 5, 6))]).toEqual([4, 1, 3, 6, 5, 2, 0]);
});

test('lanes are drawn with gaps between neighbours, and thin spans merge', () => {
  const lines: Line[] = [[1, 'a', 1, 6], [1, 'b', 7, 5]];
  for (let i = 0; i < 12; i++) lines.push([1, 'c', 13 + i / 2, 0.25]);
  const { lines: pixels, pick } = drawn(packedScene(lines), viewOf({ t0: 1, h: 8 }));
  const empty = '.'.repeat(20);
  expect(pixels).toEqual([
    ...[empty, empty],
    '#####.####.. + + +..',
    ...Array(3).fill('#####.####..++++++..'),
    ...[empty, empty],
  ]);
  expect([...pick.subarray(0, 13)]).toEqual([1, 1, 1, 1, 1, 0, 2, 2, 2, 2, 0, 0, 3]);
});

test('bars of services after the first twelve have a notch', () => {
  const lines: Line[] = Array.from({ length: 13 }, (_, i) => [1, `s${String(i).padStart(2, '0')}/a`, i * 40, 30]);
  const scene = packedScene(lines);
  const marked = Array.from(scene.slots).findIndex((slot) => slot > 12);
  const { lines: pixels } = drawn(scene, viewOf({ t0: marked * 40 + 1, h: 20, rowPx: 20, barTop: 2, barPx: 16 }));
  const plain = '#'.repeat(20);
  expect(pixels.slice(2, 18)).toEqual([...Array(4).fill(plain), ...Array(8).fill(`   ${plain.slice(3)}`), ...Array(4).fill(plain)]);
});

/** A root and so many leaves in its time, each of a nanosecond or two, one of them in error. */
function million(count: number, failed: number): Line[] {
  const lines: Line[] = [[1, 'root', 0, count * 10]];
  for (let i = 0; i < count; i++) lines.push([2, 'leaf', i * 10, 1 + (i % 2), i === failed ? 2 : 0]);
  return lines;
}

test('one error of a nanosecond among many is seen, summed up or not', () => {
  const scene = packedScene(million(50_000, 34_567));
  const view = viewOf({ nsPerPx: 25_000, h: 16 });
  const looked = drawn(scene, view);
  expect(scene.mipmap.ready).toBe(false);
  expect(scene.mipmap.advance(10_000)).toBe(true);
  expect(scene.mipmap.levelFor(view.nsPerPx)).toBeDefined();
  const summed = drawn(scene, view);
  for (const { lines, pick } of [looked, summed]) {
    const errors = lines.flatMap((line, y) => [...line].flatMap((letter, x) => (letter === '!' ? [[x, y]] : [])));
    expect(errors).toEqual([10, 11, 12].flatMap((y) => [[13, y], [14, y]]));
    expect(pick[20 + 13]).toBe(34_567 + 2);
  }
});

test('what is summed up is as much as what there is, at every scale', () => {
  const scene = packedScene(million(20_000, 7));
  scene.mipmap.advance(10_000);
  expect(scene.mipmap.levels.length).toBeGreaterThan(4);
  for (const { count, longs, marks, cover } of scene.mipmap.levels) {
    const sum = (list: ArrayLike<number>) => Array.from(list).reduce((a, b) => a + b, 0);
    expect(sum(count) + longs.length).toBe(20_001);
    expect(sum(cover)).toBe(30_000);
    expect(marks.reduce((all, each) => all | each)).toBe(FAILED);
  }
});

test.each<[Step, string, string]>([
  ['next', '', 'a'],
  ['next', 'b', 'c'],
  ['previous', 'c', 'b'],
  ['next-sibling', 'b', 'd'],
  ['previous-sibling', 'd', 'b'],
  ['next-sibling', 'd', ''],
  ['in', 'a', 'b'],
  ['out', 'c', 'b'],
  ['last', 'a', 'c'],
])('in lanes, %s of %s is %s', (step, from, to) => {
  const scene = packedScene([[1, 'a', 0, 9], [2, 'b', 1, 2], [3, 'c', 1, 1], [2, 'd', 3, 2]]);
  const rowOf = (name: string) => (name === '' ? -1 : scene.columns.name.indexOf(scene.columns.names.indexOf(name)));
  expect(walk(scene, new Uint32Array(0), step, rowOf(from), 2)).toBe(rowOf(to));
});
