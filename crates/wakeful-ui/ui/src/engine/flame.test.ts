import { expect, test } from 'vitest';
import { drawFlame, type FlameScene, flameLabels, type FlameView, KINDS } from './flame.ts';
import { picture, THEME } from './testing/picture.ts';

type Box = [depth: number, start: number, width: number, name: string];

function flameOf(boxes: Box[], selected = -1): FlameScene {
  return {
    count: boxes.length,
    depth: Uint16Array.from(boxes, ([depth]) => depth),
    start: Float64Array.from(boxes, ([, start]) => start),
    width: Float64Array.from(boxes, ([, , width]) => width),
    colour: new Uint8Array(boxes.length).fill(KINDS + 3),
    label: Uint32Array.from(boxes.keys()),
    labels: boxes.map(([, , , name]) => name),
    selected,
  };
}

const VIEW: FlameView = { from: 0, to: 1, scroll: 0, w: 20, h: 6, dpr: 1, rowPx: 3 };
const BOXES: Box[] = [[0, 0, 1, 'all'], [1, 0, 0.5, 'a'], [1, 0.5, 0.25, 'b'], [1, 0.75, 0.01, 'c'], [1, 0.76, 0.01, 'd']];

function drawn(scene: FlameScene, view: FlameView = VIEW) {
  const out = new Uint32Array(view.w * view.dpr * view.h * view.dpr);
  const pick = new Uint32Array(view.w * Math.ceil(view.h / view.rowPx));
  drawFlame(scene, view, THEME, out, pick);
  return { lines: picture(out, view.w * view.dpr), pick: [...pick] };
}

test('boxes stand below their callers, with gaps; thin ones share a pixel', () => {
  const { lines, pick } = drawn(flameOf(BOXES));
  expect(lines).toEqual([
    ...Array(2).fill('###################.'),
    '....................',
    ...Array(2).fill('#########.####.#....'),
    '....................',
  ]);
  expect(pick.slice(20)).toEqual([...Array(10).fill(2), ...Array(5).fill(3), 4, 0, 0, 0, 0]);
});

test('a window of the width, scrolled', () => {
  const { lines, pick } = drawn(flameOf(BOXES), { ...VIEW, from: 0.5, to: 0.75, scroll: 1, h: 3 });
  expect(lines).toEqual([...Array(2).fill('###################.'), '....................']);
  expect(pick.slice(0, 20)).toEqual(Array(20).fill(3));
});

test('the selected box is framed', () => {
  const { lines } = drawn(flameOf(BOXES, 1), { ...VIEW, h: 16, rowPx: 8 });
  expect(lines.slice(8)).toEqual([
    ...Array(2).fill('@@@@@@@@@.####.#....'),
    ...Array(3).fill('@@#####@@.####.#....'),
    ...Array(2).fill('@@@@@@@@@.####.#....'),
    '....................',
  ]);
});

test('names stand where there is room', () => {
  const view = { ...VIEW, w: 200 };
  const scene = flameOf([[0, 0, 1, 'all'], [1, 0, 0.5, 'tokio::runtime::park'], [1, 0.5, 0.1, 'b']]);
  expect(flameLabels(scene, view, THEME, (text) => text.length * 5).map(({ text, x, y }) => [text, x, y])).toEqual([
    ['all', 4, 1.5],
    ['…io::runtime::park', 4, 4.5],
  ]);
});
