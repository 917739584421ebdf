import type { Columns } from './columns.ts';
import { isError } from './flags.ts';

/**
 * Of overlapping spans, one pixel has one winner. Taken in the order of `paintOrder`, each span claims what is still free of
 * its pixels, and skips what is taken at once: the cost is one step a span plus the pixels.
 */
export class Claims {
  /** From each pixel, a pixel at or behind it up to which all is taken. */
  private next = new Int32Array(0);

  reset(width: number): void {
    if (this.next.length < width + 1) this.next = new Int32Array(width + 1);
    for (let x = 0; x <= width; x++) this.next[x] = x;
  }

  /** The first free pixel from `x` on; the chain is shortened on the way. */
  free(x: number): number {
    const { next } = this;
    let at = x;
    while (next[at] !== at) {
      const jump = next[next[at]];
      next[at] = jump;
      at = jump;
    }
    return at;
  }

  take(x: number): void {
    this.next[x] = x + 1;
  }
}

/** Of the rows given, those in error, then the others from the longest down. */
export function paintOrder(columns: Columns, rows: Uint32Array): Uint32Array {
  const { dur, flags, count } = columns;
  // The upper half-word of a positive double orders like the double, to 1/32: one counting pass sorts well enough.
  const words = new Uint16Array(dur.buffer, dur.byteOffset, count * 4);
  const BUCKETS = 0x10000;
  const bucket = (row: number) => (isError(flags[row]) ? 0 : BUCKETS - words[row * 4 + 3]);
  const place = new Uint32Array(BUCKETS + 2);
  for (const row of rows) place[bucket(row) + 1]++;
  for (let i = 1; i < place.length; i++) place[i] += place[i - 1];
  const order = new Uint32Array(rows.length);
  for (const row of rows) order[place[bucket(row)]++] = row;
  return order;
}
