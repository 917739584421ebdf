import { expect, test } from 'vitest';
import { OPEN, PLACEHOLDER } from './flags.ts';
import { drawOverview } from './overview.ts';
import type { Scene } from './scene.ts';
import { drawn, picture, THEME } from './testing/picture.ts';
import { type Line, sceneOf, viewOf } from './testing/scenes.ts';
import { mixed, packed } from './theme.ts';
import type { View } from './view.ts';

function check(lines: Line[], expected: string[], change: { view?: Partial<View>; scene?: (scene: Scene) => void } = {}) {
  const scene = sceneOf(lines);
  change.scene?.(scene);
  // Ticks are none of these pictures' business: the first one, at zero, is left of what they look at.
  const { lines: pixels } = drawn(scene, viewOf({ t0: 1, h: 8, ...change.view }));
  expect(pixels).toEqual(expected);
}

const EMPTY = '.'.repeat(20);

test('a bar is as long as its span', () => {
  check([[1, 'a', 4, 10]], [EMPTY, EMPTY, ...Array(4).fill('...##########.......'), EMPTY, EMPTY]);
});

test('the shortest span has a pixel', () => {
  check([[1, 'a', 4, 0]], [EMPTY, EMPTY, ...Array(4).fill('...#................'), EMPTY, EMPTY]);
});

test('an error has two, and a line on its edge', () => {
  check([[1, 'a', 4, 0, 2]], [
    ...[EMPTY, EMPTY],
    ...Array(3).fill('...!!...............'),
    '...##...............',
    ...[EMPTY, EMPTY],
  ]);
});

test('an error below a folded row ticks on that row', () => {
  check(
    [[1, 'a', 4, 10], [2, 'b', 8, 1, 2]],
    [
      ...[EMPTY, EMPTY],
      ...Array(3).fill('...####!!####.......'),
      '...##########.......',
      ...[EMPTY, EMPTY],
    ],
    { scene: (scene) => scene.tree.setAll(false) },
  );
});

test('a hit is underlined', () => {
  check([[1, 'a', 4, 10]], [EMPTY, EMPTY, ...Array(4).fill('...##########.......'), EMPTY, '...==========.......'], {
    scene: (scene) => {
      scene.hits = Uint8Array.of(1);
    },
  });
});

test('the selection is framed', () => {
  check(
    [[1, 'a', 4, 10]],
    [
      ...Array(2).fill('.@@@@@@@@@@@@@@.....'),
      ...Array(4).fill('.@@##########@@.....'),
      ...Array(2).fill('.@@@@@@@@@@@@@@.....'),
    ],
    {
      scene: (scene) => {
        scene.selected = 0;
      },
    },
  );
});

test('a parent that is missing is dashed', () => {
  check(
    [[1, 'a', 1, 14, PLACEHOLDER]],
    [
      ...[EMPTY, EMPTY, '----....----.-......'],
      ...Array(2).fill('-............-......'),
      ...['----....----.-......', EMPTY, EMPTY],
    ],
  );
});

test('an open span has teeth', () => {
  const { lines } = drawn(sceneOf([[1, 'a', 1, 5, OPEN]]), viewOf({ t0: 1, h: 12, rowPx: 12, barPx: 8 }));
  expect(lines.slice(2, 10).map((line) => line.indexOf('.'))).toEqual([5, 6, 7, 8, 9, 8, 7, 6]);
});

test('a span far outside of the window draws nothing', () => {
  check([[1, 'a', 1e15, 1e12]], Array(8).fill(EMPTY));
});

test('a span over all of a deep window fills it', () => {
  check([[1, 'a', 0, 1e15]], [EMPTY, EMPTY, ...Array(4).fill('#'.repeat(20)), EMPTY, EMPTY], {
    view: { t0: 1e14 + 0.5, nsPerPx: 0.01 },
  });
});

test('pick knows the span of each pixel', () => {
  const { pick } = drawn(sceneOf([[1, 'a', 0, 20], [2, 'b', 5, 2]]), viewOf());
  expect([...pick.subarray(0, 20)]).toEqual(Array(20).fill(1));
  expect([...pick.subarray(20, 40)]).toEqual([...Array(5).fill(0), 2, 2, ...Array(13).fill(0)]);
});

test('device pixels multiply', () => {
  const { lines } = drawn(sceneOf([[1, 'a', 2, 3]]), viewOf({ t0: 1, dpr: 2, w: 10, h: 8 }));
  expect(lines).toHaveLength(16);
  expect(lines[4]).toBe('..######............');
});

test('the overview has every row, and never loses an error', () => {
  const lines: Line[] = [[1, 'root', 0, 1_000_000]];
  for (let i = 0; i < 20_000; i++) lines.push([2, 'leaf', i * 50, 40]);
  lines[12_345] = [2, 'leaf', 500_000, 0, 2];
  const out = new Uint32Array(100 * 20);
  drawOverview(sceneOf(lines), THEME, 100, 20, out);
  const pixels = picture(out, 100);
  expect(pixels[0]).toBe('#'.repeat(100));
  const errors = pixels.flatMap((line, y) => [...line].flatMap((letter, x) => (letter === '!' ? [[x, y]] : [])));
  expect(errors).toEqual([[50, 12]]);
  expect(pixels[10].indexOf('#')).toBeGreaterThan(45);
});

test('the overview of few rows has bars with gaps', () => {
  const out = new Uint32Array(20 * 12);
  drawOverview(sceneOf([[1, 'a', 0, 20], [2, 'b', 10, 10]]), THEME, 20, 12, out);
  expect(picture(out, 20)).toEqual([
    ...Array(5).fill('#'.repeat(20)),
    EMPTY,
    ...Array(5).fill('..........##########'),
    EMPTY,
  ]);
});

test.each([
  ['#102030', 0xff302010],
  ['rgb(16, 32, 48)', 0xff302010],
  ['rgba(16, 32, 48, 0.5)', 0xff302010],
  ['color(srgb 0.0627 0.1255 0.1882)', 0xff302010],
])('%s is packed', (colour, pixel) => {
  expect(packed(colour)).toBe(pixel);
});

test('a quarter of black on white is light grey', () => {
  expect(mixed(0xff000000, 0xffffffff, 0.25)).toBe(0xffbfbfbf);
});
