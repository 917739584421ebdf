import { columnFromArray, tableFromColumns, tableToIPC, uint32, uint8 } from '@uwdata/flechette';
import { expect, test } from 'vitest';
import { findRows } from './find.ts';
import { decodeMatches, joined } from './hits.ts';
import { restored, snapshotOf } from './snapshot.ts';
import { sceneOf } from './testing/scenes.ts';

/** An answer of the server in batches of two rows. */
function answer(rows: [number, number][]): Uint8Array {
  const options = { maxBatchRows: 2 };
  const table = tableFromColumns({
    row: columnFromArray(rows.map(([row]) => row), uint32(), options),
    where: columnFromArray(rows.map(([, where]) => where), uint8(), options),
  });
  const bytes = tableToIPC(table, { format: 'stream' });
  if (!bytes) throw new Error('the answer could not be encoded');
  return bytes;
}

test('matches of all batches, and the span whose id was asked for', () => {
  const { rows, span } = decodeMatches(answer([[0, 1], [4, 8], [7, 4]]));
  expect([...rows]).toEqual([0, 4, 7]);
  expect(span).toBe(7);
  expect(decodeMatches(answer([]))).toEqual({ rows: new Uint32Array(0), span: -1 });
});

test('a hit of both counts once; rows that are not there count not at all', () => {
  const { columns } = sceneOf([[1, 'run', 0, 9], [2, 'apply', 1, 2], [2, 'flush', 3, 2], [2, 'apply', 5, 2]]);
  const both = joined(findRows(columns, 'apply'), Uint32Array.of(2, 3, 99), columns.count);
  expect([...both.rows]).toEqual([1, 2, 3]);
  expect([...joined(null, Uint32Array.of(0), 2).mask]).toEqual([1, 0]);
});

test('a snapshot has all rows, and what is derived comes back', () => {
  const { columns } = sceneOf([[1, 'run', 0, 9], [2, 'apply', 1, 2], [2, 'flush', 3, 2]]);
  const again = restored(snapshotOf(columns));
  expect([again.count, again.names, [...again.size.subarray(0, 3)]]).toEqual([3, columns.names, [3, 1, 1]]);
});
