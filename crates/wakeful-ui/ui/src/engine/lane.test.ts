import { expect, test } from 'vitest';
import { DROPPED, HELD_UP, IDLE, type Lane, LONG, PARKED, POLLING, SUMMED, UNPOLLED, WOKEN } from './details.ts';
import { Ground } from './ink.ts';
import { drawItems, itemLabels } from './lane.ts';
import { Raster } from './raster.ts';
import { picture, THEME } from './testing/picture.ts';

const VIEW = { t0: 0, nsPerPx: 1, w: 20, dpr: 1 };

type Part = [start: number, dur: number, state: number, mark?: number, label?: string];

function lane(...parts: Part[]): Lane {
  return {
    name: 'task 1',
    start: Float64Array.from(parts, ([start]) => start),
    dur: Float64Array.from(parts, ([, dur]) => dur),
    state: Uint8Array.from(parts, ([, , state]) => state),
    marks: Uint8Array.from(parts, ([, , , mark]) => mark ?? 0),
    share: Float32Array.from(parts, () => 0.5),
    labels: parts.map(([, , , , label]) => label ?? ''),
  };
}

function check(drawn: Lane, expected: string[]) {
  const pixels = new Uint32Array(20 * 6);
  drawItems(new Raster(pixels, 20, 6), VIEW, THEME, drawn, 1, 5);
  expect(picture(pixels, 20)).toEqual(expected);
}

const EMPTY = '.'.repeat(20);

test('what a task does: not polled yet, polled, idle', () => {
  check(lane([0, 5, UNPOLLED], [5, 4, POLLING], [9, 8, IDLE]), [
    EMPTY,
    '-....PPPP--------...',
    '-....PPPPoooooooo...',
    '-...-PPPPoooooooo...',
    '-....PPPP--------...',
    EMPTY,
  ]);
});

test('a worker: parked, sums by their share, held up', () => {
  check(lane([0, 5, PARKED], [6, 6, SUMMED], [14, 4, HELD_UP]), [
    EMPTY,
    '..............////..',
    '..............////..',
    '|||||.PPPPPP..////..',
    '......PPPPPP..////..',
    EMPTY,
  ]);
});

test('polls by their length: the longer, the higher, and the short ones pale within', () => {
  const polls = { ...lane([0, 4, POLLING], [5, 4, POLLING], [10, 4, POLLING], [15, 4, POLLING]), length: Uint8Array.of(0, 1, 2, 3) };
  const pixels = new Uint32Array(20 * 10);
  drawItems(new Raster(pixels, 20, 10), VIEW, THEME, polls, 0, 10);
  const columns = [1, 6, 11, 16].map((x) => Array.from({ length: 10 }, (_, y) => pixels[y * 20 + x]));
  expect(columns.map((column) => column.filter((pixel) => pixel !== 0).length)).toEqual([4, 6, 8, 10]);
  expect(columns.map((column) => column[9])).toEqual([THEME.pollingPale, THEME.pollingPale, THEME.polling, THEME.polling]);
  expect(columns.map((column) => column.find((pixel) => pixel !== 0))).toEqual(Array.from({ length: 4 }, () => THEME.polling));
});

test('a long poll has a rim, a wake is a tick, and what was dropped ends with a cross', () => {
  const [rim, ...inside] = ['.wwwww', '.wwwww'];
  check(lane([2, 3, POLLING, LONG]), [
    `${rim}..............`,
    `${inside[0]}..............`,
    '.ww.ww..............'.replace('ww.ww', 'wwPww').slice(0, 20),
    '.wwPww..............',
    '.wwwww..............',
    '.wwwww..............',
  ]);
});

test('labels stand where there is room, at the visible left edge', () => {
  const wide = { ...VIEW, w: 200, t0: 50 };
  const drawn = lane([0, 120, IDLE, 0, 'idle: Sleep'], [120, 10, POLLING, 0, 'task 17']);
  const labels = itemLabels(drawn, wide, 0, 10, new Ground(new Raster(new Uint32Array(0), 0, 0), THEME, 1), (text) => text.length * 5);
  expect(labels.map(({ text, x, y }) => [text, x, y])).toEqual([['idle: Sleep', 4, 5]]);
  expect(lane([0, 1, WOKEN, DROPPED]).marks?.[0]).toBe(DROPPED);
});
