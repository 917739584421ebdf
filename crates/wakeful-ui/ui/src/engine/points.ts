import { tableFromIPC } from '@uwdata/flechette';
import type { Points } from './details.ts';

/** The events and log records of each row of an answer to `trace/{id}/points`. */
export function decodePoints(bytes: Uint8Array): Map<number, Points> {
  const table = tableFromIPC(bytes);
  const [row, time, log] = ['row', 'time', 'log'].map((name) => {
    const column = table.getChild(name);
    if (!column) throw new Error(`the answer has no column "${name}"`);
    return column.toArray() as ArrayLike<number>;
  });
  const found = new Map<number, Points>();
  for (let i = 0, end = 0; i < row.length; i = end) {
    const logs: number[] = [];
    const events: number[] = [];
    for (end = i; end < row.length && row[end] === row[i]; end++) (log[end] ? logs : events).push(time[end]);
    found.set(row[i], { events: Float64Array.from(events), logs: Float64Array.from(logs) });
  }
  return found;
}
