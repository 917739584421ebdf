import { expect, test } from 'vitest';
import { lanesOfSpan } from '../../../dev/mock-runtime.ts';
import { decodeLanes } from './lanes.ts';
import { stepped } from './lane-steps.ts';

/** Two milliseconds of a span of two polls; rows by lane: 0–1 active, 2–6 the task, 7–8 wakes, 9–12 the worker, 13 who held it. */
const lanes = decodeLanes(lanesOfSpan(1_795_248_471_024_080_000n, 0, 20_000_000));

test.each([
  ['into the lanes', -1, 'next', 0],
  ['no other key does', -1, 'next-sibling', null],
  ['down, at the same time', 6, 'next', 8],
  ['up', 8, 'previous', 5],
  ['out at the top', 1, 'previous', 'out'],
  ['out below', 13, 'next', 'out'],
  ['along a lane', 3, 'next-sibling', 4],
  ['to its end', 6, 'next-sibling', -1],
  ['back to the poll that woke', 6, 'link-back', 11],
  ['on to the one that was woken', 11, 'link-on', 6],
  ['to the next long wait for a worker', 3, 'next-hit', 5],
  ['to the long poll before', 12, 'previous-hit', 11],
  ['no such before', 3, 'previous-hit', -1],
  ['another key', 3, 'zoom-in', null],
] as const)('%s', (_, item, action, expected) => {
  expect(stepped(lanes, item, action)).toBe(expected);
});
