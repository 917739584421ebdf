import { columnFromArray, float64, tableFromColumns, tableToIPC, uint32, uint8 } from '@uwdata/flechette';
import { expect, test } from 'vitest';
import { decodePoints } from './points.ts';

function answer(rows: readonly [row: number, time: number, log: 0 | 1][]): Uint8Array {
  const columns = {
    row: columnFromArray(rows.map(([row]) => row), uint32()),
    time: columnFromArray(rows.map(([, time]) => time), float64()),
    log: columnFromArray(rows.map(([, , log]) => log), uint8()),
  };
  return tableToIPC(tableFromColumns(columns), { format: 'stream' }) as Uint8Array;
}

test('events and log records come apart, by row', () => {
  const found = decodePoints(answer([[3, 5, 0], [3, 7, 1], [3, 9, 0], [8, 1, 1]]));
  const plain = [...found].map(([row, { events, logs }]) => [row, [...events], [...logs]]);
  expect(plain).toEqual([
    [3, [5, 9], [7]],
    [8, [], [1]],
  ]);
});

test('nothing is nothing', () => {
  expect(decodePoints(answer([])).size).toBe(0);
});
