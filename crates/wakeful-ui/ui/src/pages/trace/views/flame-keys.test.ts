import { expect, test } from 'vitest';
import { panned, transformsIn, transformsText, zoomed } from './flame-keys.ts';

test('what stands under the pointer stays there', () => {
  expect(zoomed([0, 1], 0.5, 0.5)).toEqual([0.25, 0.75]);
  expect(zoomed([0, 1], 0.5, 0)).toEqual([0, 0.5]);
  expect(zoomed([0.25, 0.75], 4, 0.3)).toEqual([0, 1]);
});

test('the window never leaves the graph', () => {
  expect(panned([0.5, 0.75], 2)).toEqual([0.75, 1]);
  expect(panned([0.5, 0.75], -9)).toEqual([0, 0.25]);
});

test('transforms go into the address and come back', () => {
  const text = 'focus:3,drop:7';
  expect(transformsText(transformsIn(text))).toBe(text);
  expect(transformsIn('focus:x,alert:1,,merge-node:2')).toEqual([{ do: 'merge-node', of: 2 }]);
});
