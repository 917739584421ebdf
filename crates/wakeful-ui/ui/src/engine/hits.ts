import { tableFromIPC } from '@uwdata/flechette';
import { type Hits, rowsOf } from './find.ts';

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
  const list = rows.toArray();
  const matches: Matches = { rows: list instanceof Uint32Array ? list : Uint32Array.from(list as ArrayLike<number>), span: -1 };
  const bits = where.toArray() as ArrayLike<number>;
  for (let i = 0; i < bits.length && matches.span < 0; i++) if (bits[i] & SPAN_ID) matches.span = matches.rows[i];
  return matches;
}

/** Hits of both: names that were matched here, which are written over, and what the server found in `count` rows. */
export function joined(hits: Hits | null, matches: Uint32Array, count: number): Hits {
  const mask = hits?.mask ?? new Uint8Array(count);
  for (let i = 0; i < matches.length; i++) if (matches[i] < count) mask[matches[i]] = 1;
  return { mask, rows: rowsOf(mask, hits) };
}
