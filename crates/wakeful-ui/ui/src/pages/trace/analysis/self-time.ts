import { type Columns, NO_ROW } from '../../../engine/columns.ts';

/**
 * Self time by row, in nanoseconds: a span's duration without the time in which at least one of its children ran. Children count
 * only as far as they lie within their parent, as in Jaeger.
 */
export function selfTimes({ count, start, dur, parent }: Columns): Float64Array {
  const self = dur.slice(0, count);
  // Until when children have covered their parent: they come sorted by start, so one pass joins them.
  const covered = start.slice(0, count);
  for (let row = 0; row < count; row++) {
    const above = parent[row];
    if (above === NO_ROW) continue;
    const from = Math.max(start[row], covered[above]);
    const to = Math.min(start[row] + dur[row], start[above] + dur[above]);
    if (to <= from) continue;
    self[above] -= to - from;
    covered[above] = to;
  }
  return self;
}
