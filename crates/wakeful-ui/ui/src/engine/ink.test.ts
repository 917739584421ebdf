import { expect, test } from 'vitest';
import { Ground } from './ink.ts';
import { Raster } from './raster.ts';
import { packed, themeOf } from './theme.ts';

/** The inks of services are two, as in the page's themes. */
const INKS = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`svc-${i + 1}-ink`, i % 2 ? '#ffffff' : '#0b0e14']));
const LIGHT = themeOf({ ...INKS, bg: '#ffffff', text: '#181c24' });
const DARK = themeOf({ ...INKS, bg: '#12151b', text: '#e9ecf1' });

/** Columns of a picture of twelve lines: a colour, and how many pixels of it. */
function ground(theme: typeof LIGHT, ...columns: [colour: string, count: number][]): Ground {
  const colours = columns.flatMap(([colour, count]) => Array.from({ length: count }, () => (colour ? packed(colour) : 0)));
  const pixels = Uint32Array.from({ length: colours.length * 12 }, (_, i) => colours[i % colours.length]);
  return new Ground(new Raster(pixels, colours.length, 12), theme, 1);
}

test.each<[string, typeof LIGHT, [string, number][], string, string | undefined]>([
  ['on nothing: the background', LIGHT, [['', 40]], '#0b0e14', undefined],
  ['on an idle bar', LIGHT, [['#d9dee6', 40]], '#0b0e14', undefined],
  ['on a dark bar', LIGHT, [['#6f014b', 40]], '#ffffff', undefined],
  ['on a pale bar of a dark colour', LIGHT, [['#d7b9cd', 40]], '#0b0e14', undefined],
  ['on what held a worker up', LIGHT, [['#b86d00', 40]], '#0b0e14', undefined],
  ['on polls, in the dark', DARK, [['#5ea8ff', 40]], '#0b0e14', undefined],
  ['on an idle bar, in the dark', DARK, [['#39424f', 40]], '#ffffff', undefined],
  ['over two light colours', LIGHT, [['#2b95e4', 20], ['#c4e1f8', 20]], '#0b0e14', undefined],
  ['over a light and a dark one, on a plate of what there is more of', LIGHT, [['#6f014b', 10], ['#d7b9cd', 30]], '#0b0e14', '#d7b9cd'],
  ['a tick is no ground', LIGHT, [['#d9dee6', 39], ['#000000', 1]], '#0b0e14', undefined],
])('%s', (_, theme, columns, colour, plate) => {
  expect(ground(theme, ...columns).inkFor(0, 40, 6)).toEqual(plate ? { colour, plate } : { colour });
});

test('a picture at half the scale of its texts is asked where they stand', () => {
  const pixels = new Uint32Array(20 * 6).fill(packed('#ffffff'));
  for (let y = 0; y < 6; y++) pixels.fill(packed('#000000'), y * 20, y * 20 + 10);
  const half = new Ground(new Raster(pixels, 20, 6), LIGHT, 1, 0.5);
  expect(half.inkFor(0, 20, 6).colour).toBe('#ffffff');
  expect(half.inkFor(20, 40, 6).colour).toBe('#0b0e14');
});
