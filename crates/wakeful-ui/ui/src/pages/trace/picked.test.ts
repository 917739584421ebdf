import { expect, test } from 'vitest';
import type { RowInfo } from '../../engine/protocol.ts';
import { pickedAt } from './picked.ts';

const VIEW = { t0: 0, nsPerPx: 1, scrollRow: 2.5, w: 10, h: 40, dpr: 1, rowPx: 20, barTop: 2, barPx: 16, namesAbove: false };
/** Two lines on screen, the third and the fourth: row 6 from pixel 2 to 4, row 8 at pixel 9. */
const PICTURE = {
  view: VIEW,
  pick: Uint32Array.from([0, 0, 7, 7, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]),
  rows: [{ index: 2 }, { index: 3 }] as RowInfo[],
};

test.each([
  ['on the bar', 3, 5, { line: 2, row: 6, x: 3 }],
  ['just beside it', 7.9, 5, { line: 2, row: 6, x: 4 }],
  ['too far beside it', 8, 5, { line: 2, row: -1, x: 8 }],
  ['in the next line', 7, 15, { line: 3, row: 8, x: 9 }],
  ['below the last line', 3, 35, { line: -1, row: -1, x: 3 }],
])('%s', (_, x, y, expected) => {
  expect(pickedAt(PICTURE, x, y)).toEqual(expected);
});
