import { tableFromIPC } from '@uwdata/flechette';
import type { Hits } from './find.ts';

/** The bit of `where` that says that a span's whole id was asked for. */
const SPAN_ID = 1 << 2;

/** What the server found, attributes and ids included. */
export interface Matches {
  /** Ascending. */
  rows: Uint32Array;
  /** The row whose span id was asked for, or -1. */
  span: number;
}

/** Decodes the answer of `trace/{id}/find`: a stream of batches of `row` and `where`. */
export function decodeMatches(bytes: Uint8Array): Matches {
  const table = tableFromIPC(bytes);
  const rows = table.getChild('row');
  const where = table.getChild('where');
  if (!rows || !where) throw new Error('the answer to find has not the agreed columns');
  const matches: Matches = { rows: Uint32Array.from(rows.toArray() as ArrayLike<number>), span: -1 };
  const bits = where.toArray() as ArrayLike<number>;
  for (let i = 0; i < bits.length && matches.span < 0; i++) if (bits[i] & SPAN_ID) matches.span = matches.rows[i];
  return matches;
}

/** Hits of both: names that were matched here, and what the server found in `count` rows. */
export function joined(hits: Hits | null, matches: Uint32Array, count: number): Hits {
  const mask = new Uint8Array(count);
  if (hits) mask.set(hits.mask.subarray(0, count));
  for (const row of matches) if (row < count) mask[row] = 1;
  return { mask, rows: rowsOf(mask) };
}

function rowsOf(mask: Uint8Array): Uint32Array {
  let count = 0;
  for (const hit of mask) count += hit;
  const rows = new Uint32Array(count);
  for (let row = 0, at = 0; row < mask.length; row++) if (mask[row]) rows[at++] = row;
  return rows;
}
