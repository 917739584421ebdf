import { type Line, marksOf, rankOf } from './line.ts';
import { lineWidth } from './extent.ts';
import { firstEndingAfter, LANES_MAX } from './packed.ts';
import type { Scene } from './scene.ts';
import type { View } from './view.ts';

/** Adds what a view shows of a lane of the packed layout. */
export function addLane(line: Line, scene: Scene, view: View, lane: number): void {
  const { packed } = scene;
  const scale = view.dpr / view.nsPerPx;
  if (packed.rest && lane === LANES_MAX) {
    line.addCrowd(scene, packed.rest.order, view.t0, scale);
    return;
  }
  const { rows, start, end, from } = packed;
  const { t0 } = view;
  const until = t0 + view.w * view.nsPerPx;
  const gap = lineWidth(view);
  const last = from[lane + 1];
  // What ended just before the window still has its one pixel.
  for (let i = firstEndingAfter(packed, lane, t0 - view.nsPerPx); i < last && start[i] < until; i++) {
    const marks = marksOf(scene, rows[i]);
    const rank = rankOf(marks, end[i] - start[i]);
    line.add(rows[i], (start[i] - t0) * scale, (end[i] - t0) * scale, marks, rank, gap);
  }
}
