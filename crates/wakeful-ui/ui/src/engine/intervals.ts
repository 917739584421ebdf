import { tableFromIPC } from '@uwdata/flechette';
import { POLLING, type Stretches } from './details.ts';

/**
 * The active intervals of each row of an answer to `trace/{id}/intervals`. Rows of `[from, to)` that have none get an empty
 * list, so that nobody asks for them again.
 */
export function decodeIntervals(bytes: Uint8Array, [from, to]: [number, number]): Map<number, Stretches> {
  const found = new Map<number, Stretches>();
  const table = tableFromIPC(bytes);
  const [row, start, dur] = ['row', 'start', 'dur'].map((name) => {
    const column = table.getChild(name);
    if (!column) throw new Error(`the answer has no column "${name}"`);
    return column.toArray() as ArrayLike<number>;
  });
  for (let i = 0, end = 0; i < row.length; i = end) {
    for (end = i + 1; end < row.length && row[end] === row[i]; ) end++;
    const length = end - i;
    found.set(row[i], {
      start: Float64Array.from({ length }, (_, n) => start[i + n]),
      dur: Float64Array.from({ length }, (_, n) => dur[i + n]),
      state: new Uint8Array(length).fill(POLLING),
    });
  }
  const none = { start: new Float64Array(0), dur: new Float64Array(0), state: new Uint8Array(0) };
  for (let at = from; at < to; at++) if (!found.has(at)) found.set(at, none);
  return found;
}
