import { expect, test } from 'vitest';
import { lanesOfSpan } from '../../../dev/mock-runtime.ts';
import { laneStarts } from './lane-items.ts';
import { JOINED, KIND, type Lanes, NONE } from './lane-kinds.ts';
import { finerStretch, sameItem, spliced } from './lane-splice.ts';
import { decodeLanes } from './lanes.ts';

const BASE = 1_795_248_471_024_080_000n;
const PLAIN = decodeLanes(lanesOfSpan(BASE, 1_000, 100_000));

/** Lanes of one worker: items as start, length and whether they are joined. */
function worker(base: bigint, from: number, to: number, items: [start: number, dur: number, flags?: number][]): Lanes {
  const numbers = (value: number) => new Uint32Array(items.length).fill(value);
  const texts = items.map(() => '');
  return {
    ...PLAIN,
    ...{ base, from, to, heads: [{ kind: 'worker', name: 'worker 0', thread: '3' }], count: items.length },
    ...{ lane: numbers(0), kind: numbers(KIND.poll), other: numbers(NONE), source: numbers(NONE), by: numbers(0), counts: numbers(1) },
    ...{ task: texts, thread: texts, byTask: texts, label: texts },
    start: Float64Array.from(items, ([start]) => start),
    dur: Float64Array.from(items, ([, dur]) => dur),
    busy: Float64Array.from(items, ([, dur]) => dur),
    flags: Uint32Array.from(items, ([, , flags = 0]) => flags),
  };
}

const whole = () =>
  worker(BASE, 0, 1_000_000, [
    [0, 100],
    [200_000, 100_000, JOINED],
    [900_000, 50],
  ]);
const all = { from: 0, to: 1_000_000 };

test.each([
  ['where something was joined', { from: 240_000, to: 250_000 }, all, { from: 230_000, to: 260_000 }],
  ['at the edge', { from: 0, to: 205_000 }, all, { from: 0, to: 410_000 }],
  ['of half of it', { from: 100_000, to: 350_000 }, all, null],
  ['where nothing was joined', { from: 0, to: 10_000 }, all, null],
  ['of what is on screen already', { from: 240_000, to: 250_000 }, { from: 230_000, to: 260_000 }, null],
  ['closer still', { from: 245_000, to: 246_000 }, { from: 230_000, to: 260_000 }, { from: 244_000, to: 247_000 }],
  ['beside what was read', { from: 250_000, to: 260_001 }, { from: 230_000, to: 260_000 }, { from: 239_999, to: 270_002 }],
])('more is read %s', (_, window, read, expected) => {
  expect(finerStretch(whole(), window, read)).toEqual(expected);
});

test('a finer answer takes the place of what it is about', () => {
  const finer = worker(BASE + 230_000n, 0, 30_000, [
    [-20_000, 40_000],
    [25_000, 10],
  ]);
  const found = spliced(whole(), finer);
  expect([...found.start]).toEqual([0, 210_000, 255_000, 900_000]);
  expect([...found.flags]).toEqual([0, 0, 0, 0]);
  expect([found.from, found.to, found.sums]).toEqual([0, 1_000_000, PLAIN.sums]);
});

test('what refers to another row goes on referring to it, or to none if that is gone', () => {
  const finer = decodeLanes(lanesOfSpan(BASE, 1_000, 100_000));
  const same = spliced(PLAIN, finer);
  expect([...laneStarts(same)]).toEqual([...laneStarts(PLAIN)]);
  expect([...same.other]).toEqual([...PLAIN.other]);
  expect([...same.source]).toEqual([...PLAIN.source]);
  const { sums, ...few } = PLAIN;
  const nothing = spliced(PLAIN, { ...few, sums, heads: [], count: 0, from: 90_000, to: 101_000 });
  expect(nothing.count).toBeLessThan(PLAIN.count);
  for (const row of nothing.other) expect(row === NONE || row < nothing.count).toBe(true);
});

test('a selected item is found again, or what it became a part of', () => {
  const lanes = whole();
  const finer = spliced(lanes, worker(BASE + 200_000n, 0, 30_000, [[0, 5]]));
  expect(sameItem(lanes, 2, finer)).toBe(2);
  expect(sameItem(lanes, 1, finer)).toBe(1);
  expect(sameItem(finer, 1, lanes)).toBe(1);
  expect(sameItem(lanes, -1, finer)).toBe(-1);
  expect(sameItem(spliced(lanes, worker(BASE + 200_000n, 0, 30_000, [[7, 5]])), 1, lanes)).toBe(1);
});
