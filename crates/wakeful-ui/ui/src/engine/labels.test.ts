import { expect, test } from 'vitest';
import { placeLabels } from './labels.ts';
import { sceneOf, viewOf } from './testing/scenes.ts';
import { themeOf } from './theme.ts';

const TOKENS: Record<string, string> = { 'text-2': 'beside' };
for (let slot = 1; slot <= 12; slot++) TOKENS[`svc-${slot}-ink`] = 'inside';

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
  const labels = placeLabels(scene, viewOf({ w: 100 }), themeOf(TOKENS), (text) => text.length * 5);
  expect(labels).toEqual([{ ...expected, y: 4 }]);
});

test('a bar without room anywhere has no label', () => {
  const scene = sceneOf([[1, 'a', 1, 8]]);
  expect(placeLabels(scene, viewOf({ w: 10 }), themeOf(TOKENS), (text) => text.length * 5)).toEqual([]);
});
