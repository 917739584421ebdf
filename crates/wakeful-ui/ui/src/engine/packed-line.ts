import { lineWidth } from './extent.ts';
import { type Line, marksOf, rankOf } from './line.ts';
import type { Level, Mipmap } from './mipmap.ts';
import { firstEndingAfter, LANES_MAX, type Packed } from './packed.ts';
import type { Scene } from './scene.ts';
import type { View } from './view.ts';

/** Adds what a view shows of a lane of the packed layout. */
export function addLane(line: Line, scene: Scene, view: View, lane: number): void {
  const { packed, mipmap } = scene;
  const scale = view.dpr / view.nsPerPx;
  if (packed.rest && lane === LANES_MAX) {
    line.addCrowd(scene, packed.rest.order, view.t0, scale);
    return;
  }
  const level = mipmap.levelFor(1 / scale);
  if (level) {
    addBuckets(line, view, level, lane);
    addLongs(line, view, packed, mipmap, level, lane);
    return;
  }
  const { rows, start, end, from } = packed;
  const { t0 } = view;
  const until = t0 + view.w * view.nsPerPx;
  const gap = lineWidth(view);
  const last = from[lane + 1];
  // What ended just before the window still has its one pixel.
  for (let i = firstEndingAfter(packed, lane, t0 - view.nsPerPx); i < last && start[i] < until; i++) {
    const marks = mipmap.ready ? mipmap.marks[i] : marksOf(scene, rows[i]);
    const rank = rankOf(marks, end[i] - start[i]);
    line.add(rows[i], (start[i] - t0) * scale, (end[i] - t0) * scale, marks, rank, gap);
  }
}

/** What is shorter than a bucket, and so than a pixel. */
function addBuckets(line: Line, view: View, level: Level, lane: number): void {
  const { bucket, at, winner, count, cover, marks, rank } = level;
  const scale = view.dpr / view.nsPerPx;
  const width = Math.round(view.w * view.dpr);
  const first = Math.floor(view.t0 / bucket);
  const last = level.from[lane + 1];
  for (let i = lowerBound(at, level.from[lane], last, first); i < last; i++) {
    const x = Math.max(0, Math.floor(((at[i] + 0.5) * bucket - view.t0) * scale));
    if (x >= width) return;
    line.merge(x, winner[i], count[i], cover[i] * scale, marks[i], rank[i]);
  }
}

function addLongs(line: Line, view: View, packed: Packed, mipmap: Mipmap, level: Level, lane: number): void {
  const { rows, start, end } = packed;
  const { longs, longFrom } = level;
  const scale = view.dpr / view.nsPerPx;
  const until = view.t0 + view.w * view.nsPerPx;
  const gap = lineWidth(view);
  let low = longFrom[lane];
  let high = longFrom[lane + 1];
  const last = high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (end[longs[middle]] < view.t0) low = middle + 1;
    else high = middle;
  }
  for (; low < last && start[longs[low]] < until; low++) {
    const i = longs[low];
    const marks = mipmap.marks[i];
    const rank = rankOf(marks, end[i] - start[i]);
    line.add(rows[i], (start[i] - view.t0) * scale, (end[i] - view.t0) * scale, marks, rank, gap);
  }
}

function lowerBound(list: Uint32Array, from: number, to: number, least: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
