import type { Columns } from './columns.ts';
import { paintOrder } from './claim.ts';
import { byStart } from './order.ts';

/** So many lanes at most; what has no place in them shares one more. */
export const LANES_MAX = 512;

/** A layout without a row for each span: in a lane none overlaps another, and each is below the spans it is called by. */
export interface Packed {
  /** Lanes, the last one for what found no place (`rest`) included. */
  lanes: number;
  /** Rows, lane after lane, by start. */
  rows: Uint32Array;
  /** By lane, where its part of `rows` begins; one more at the end. */
  from: Uint32Array;
  /** Nanoseconds, in the order of `rows`: a redraw reads them one after the other. */
  start: Float64Array;
  end: Float64Array;
  /** By row; `NO_LANE` if its service is left out. */
  laneOf: Uint16Array;
  /** What found no place, in the order of painting, and in how many lanes it would have one; null if all did. */
  rest: { order: Uint32Array; lanes: number } | null;
}

export const NO_LANE = 0xffff;

const NEAR = 8;

export function pack(columns: Columns, isLeftOut: (row: number) => boolean, lanesMax: number = LANES_MAX): Packed {
  const { count, start, dur, parent } = columns;
  const laneOf = new Uint16Array(count).fill(NO_LANE);
  const shown = new Uint32Array(count);
  let length = 0;
  for (let row = 0; row < count; row++) if (!isLeftOut(row)) shown[length++] = row;
  const order = byStart(start, shown.slice(0, length));

  const free = new FreeLanes(lanesMax);
  const sizes = new Uint32Array(lanesMax + 2);
  let lanes = 0;
  let spilled = 0;
  for (let i = 0; i < length; i++) {
    const row = order[i];
    // Whoever is called stands below its caller, even when that has ended.
    const above = parent[row] < count ? laneOf[parent[row]] : NO_LANE;
    let lane = free.take(above === NO_LANE ? 0 : above + 1, start[row], start[row] + dur[row]);
    if (lane < 0) {
      lane = lanesMax;
      spilled++;
    } else if (lane >= lanes) {
      lanes = lane + 1;
    }
    laneOf[row] = lane;
    sizes[lane + 1]++;
  }
  if (spilled > 0) lanes = lanesMax + 1;
  for (let lane = 1; lane < sizes.length; lane++) sizes[lane] += sizes[lane - 1];
  const from = sizes.slice(0, lanes + 1);
  const rows = new Uint32Array(length);
  const starts = new Float64Array(length);
  const ends = new Float64Array(length);
  const next = sizes.slice();
  for (let i = 0; i < length; i++) {
    const row = order[i];
    const at = next[laneOf[row]]++;
    rows[at] = row;
    starts[at] = start[row];
    ends[at] = start[row] + dur[row];
  }
  const rest = spilled > 0 ? restOf(columns, rows.subarray(from[lanesMax])) : null;
  return { lanes, rows, from, start: starts, end: ends, laneOf, rest };
}

function restOf(columns: Columns, rows: Uint32Array): NonNullable<Packed['rest']> {
  const { start, dur } = columns;
  const ends = Float64Array.from(rows, (row) => start[row] + dur[row]).sort();
  let most = 0;
  let ended = 0;
  rows.forEach((row, begun) => {
    while (ends[ended] <= start[row]) ended++;
    most = Math.max(most, begun + 1 - ended);
  });
  return { order: paintOrder(columns, rows), lanes: most };
}

/** When each lane is free again; finds the first that is at some time, in as many steps as the count of lanes has bits. */
class FreeLanes {
  private readonly leaves: number;
  /** A heap-shaped tree: each node has the earliest end below it. */
  private readonly ends: Float64Array;

  constructor(private readonly lanes: number) {
    this.leaves = 1 << Math.ceil(Math.log2(Math.max(2, lanes)));
    this.ends = new Float64Array(2 * this.leaves).fill(Number.NEGATIVE_INFINITY);
    // Leaves beyond the last lane are never free.
    for (let lane = lanes; lane < this.leaves; lane++) this.occupy(lane, Number.POSITIVE_INFINITY);
  }

  /** The first lane from `least` on that is free at `start` is taken until `end`; -1 if none is. */
  take(least: number, start: number, end: number): number {
    const { leaves, ends, lanes } = this;
    // It is mostly one of the next.
    for (let lane = least; lane < least + NEAR && lane < lanes; lane++) {
      if (ends[leaves + lane] > start) continue;
      this.occupy(lane, end);
      return lane;
    }
    const lane = this.find(1, 0, leaves, least + NEAR, start);
    if (lane >= 0) this.occupy(lane, end);
    return lane;
  }

  private find(node: number, low: number, size: number, least: number, start: number): number {
    if (low + size <= least || this.ends[node] > start) return -1;
    if (size === 1) return low;
    const half = size / 2;
    const left = this.find(2 * node, low, half, least, start);
    return left >= 0 ? left : this.find(2 * node + 1, low + half, half, least, start);
  }

  private occupy(lane: number, end: number): void {
    const { ends } = this;
    let node = this.leaves + lane;
    ends[node] = end;
    for (node >>= 1; node >= 1; node >>= 1) {
      const earliest = Math.min(ends[2 * node], ends[2 * node + 1]);
      if (ends[node] === earliest) return;
      ends[node] = earliest;
    }
  }
}

/** The first place in a lane whose span has not ended before `time`; for lanes in which none overlaps another. */
export function firstEndingAfter({ end, from }: Packed, lane: number, time: number): number {
  let low = from[lane];
  let high = from[lane + 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (end[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
