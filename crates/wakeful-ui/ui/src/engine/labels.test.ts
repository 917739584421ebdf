import { expect, test } from 'vitest';
import { fitted } from './advances.ts';
import { IDLE, POLLING } from './details.ts';
import { draw } from './draw.ts';
import { INTERVALS } from './flags.ts';
import { Ground } from './ink.ts';
import { placeLabels } from './labels.ts';
import { Raster } from './raster.ts';
import { sceneOf, viewOf } from './testing/scenes.ts';
import { themeOf } from './theme.ts';

const TOKENS: Record<string, string> = { 'text-2': 'beside' };
for (let slot = 1; slot <= 12; slot++) TOKENS[`svc-${slot}-ink`] = 'inside';
const THEME = themeOf(TOKENS);
/** Nothing was drawn. */
const NOTHING = { pick: new Uint32Array(0), ground: new Ground(new Raster(new Uint32Array(0), 0, 0), THEME, 1) };

/** Letters are 5 px wide; the window is 100 px of a nanosecond each. */
test.each([
  ['beside it on the right', 10, 20, { text: '20 ns', x: 36, colour: 'beside' }],
  ['on the left where the right has no room', 50, 45, { text: '45 ns', x: 19, colour: 'beside' }],
  ['inside where neither has', 5, 90, { text: '90 ns', x: 11, colour: 'inside' }],
  ['at the visible edge of a long bar', -500, 5_000, { text: '5.00 µs', x: 6, colour: 'inside' }],
  ['left of the window', -50, 10, { text: '◂', x: 6, colour: 'beside' }],
  ['right of the window', 500, 10, { text: '▸', x: 89, colour: 'beside' }],
])('%s', (_, start, dur, expected) => {
  const scene = sceneOf([[1, 'a', start, dur]]);
  const labels = placeLabels(scene, viewOf({ w: 100 }), THEME, NOTHING, (text) => text.length * 5);
  expect(labels).toEqual([{ ...expected, y: 4 }]);
});

const REAL: Record<string, string> = { bg: '#ffffff', text: '#181c24', 'st-idle': '#d9dee6' };
for (let slot = 1; slot <= 12; slot++) {
  Object.assign(REAL, { [`svc-${slot}`]: '#6f014b', [`svc-${slot}-pale`]: '#d7b9cd', [`svc-${slot}-ink`]: '#ffffff' });
}

test.each<[string, [start: number, dur: number, state: number][], { colour: string; plate?: string }]>([
  ['nothing: the bar is pale', [], { colour: '#181c24' }],
  ['activity', [[-500, 5_000, POLLING]], { colour: '#ffffff' }],
  ['idle time', [[-500, 5_000, IDLE]], { colour: '#181c24' }],
  ['some activity: on a plate', [[-500, 520, POLLING]], { colour: '#181c24', plate: '#d7b9cd' }],
])('in a hollow bar the ink is that for what is under it, %s', (_, active, expected) => {
  const scene = sceneOf([[1, 'a', -500, 5_000, INTERVALS]]);
  scene.details.active.set(0, {
    start: Float64Array.from(active, ([start]) => start),
    dur: Float64Array.from(active, ([, dur]) => dur),
    state: Uint8Array.from(active, ([, , state]) => state),
    joined: false,
  });
  const view = viewOf({ w: 100, rowPx: 24, barTop: 5, barPx: 14, h: 24 });
  const theme = themeOf(REAL);
  const pixels = new Uint32Array(100 * 24);
  const pick = new Uint32Array(100);
  draw(scene, view, theme, pixels, pick);
  const ground = new Ground(new Raster(pixels, 100, 24), theme, 1);
  const labels = placeLabels(scene, view, theme, { pick, ground }, (text) => text.length * 5);
  expect(labels).toEqual([{ text: '5.00 µs', x: 6, y: 12, ...expected }]);
});

test('a bar without room anywhere has no label', () => {
  const scene = sceneOf([[1, 'a', 1, 8]]);
  expect(placeLabels(scene, viewOf({ w: 10 }), THEME, NOTHING, (text) => text.length * 5)).toEqual([]);
});

test.each([
  ['short', 'short'],
  ['SELECT items FROM orders', 'SELECT…orders'],
  ['mini_redis::cmd::apply', '…::cmd::apply'],
  ['a\u202eb\u0000c', 'a·b·c'],
  ['x'.repeat(70_000), 'xxxxxx…xxxxxx'],
])('%s fits as %s', (text, expected) => {
  expect(fitted(text, 65, (tried) => [...tried].length * 5)).toBe(expected);
});

test('in the packed layout, bars with room have their names', () => {
  const scene = sceneOf([[1, 'request', 0, 60], [2, 'a', 0, 10], [2, 'b::c::deadline', 20, 30]]);
  scene.look = { ...scene.look, layout: 'packed' };
  const view = viewOf({ w: 100 });
  const pick = new Uint32Array(200);
  pick.fill(1, 0, 60);
  pick.fill(2, 100, 110);
  pick.fill(3, 120, 170);
  const labels = placeLabels(scene, view, THEME, { ...NOTHING, pick }, (text) => text.length * 5);
  expect(labels).toEqual([
    { text: 'request', x: 4, y: 4, colour: 'inside' },
    { text: '…eadline', x: 24, y: 12, colour: 'inside' },
  ]);
});

test('a run says how long its members take', () => {
  const scene = sceneOf(Array.from({ length: 20 }, (_, i) => [1, 'a', i, i] as const).map((line) => [...line]));
  const labels = placeLabels(scene, viewOf({ w: 300 }), THEME, NOTHING, (text) => text.length * 5);
  expect(labels.map(({ text }) => text)).toEqual(['p50 10 ns, p99 19 ns']);
});
