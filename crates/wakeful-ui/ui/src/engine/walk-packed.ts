import { NO_ROW } from './columns.ts';
import { NO_LANE, type Packed } from './packed.ts';
import type { Step } from './protocol.ts';
import type { Scene } from './scene.ts';

/** As `walk`, where rows of the screen are lanes: up and down go to the span nearest in time, siblings are those of the lane. */
export function walkPacked(scene: Scene, step: Step, from: number, page: number): number {
  const { packed, columns } = scene;
  if (packed.lanes === 0) return -1;
  const lane = from < 0 || packed.laneOf[from] === NO_LANE ? -1 : packed.laneOf[from];
  const near = (wanted: number) => {
    const to = Math.min(packed.lanes - 1, Math.max(0, wanted));
    return nearestInLane(packed, to, from < 0 ? 0 : columns.start[from]);
  };
  switch (step) {
    case 'next':
      return near(lane + 1);
    case 'previous':
      return near(lane - 1);
    case 'first':
      return near(0);
    case 'last':
      return near(packed.lanes - 1);
    case 'page-down':
      return near(lane + page);
    case 'page-up':
      return near(lane - page);
    case 'in':
      return from >= 0 && columns.children[from] > 0 ? from + 1 : -1;
    case 'out':
      return from >= 0 && columns.parent[from] !== NO_ROW ? columns.parent[from] : -1;
    case 'next-sibling':
      return lane < 0 ? -1 : besideInLane(scene, lane, from, 1);
    case 'previous-sibling':
      return lane < 0 ? -1 : besideInLane(scene, lane, from, -1);
    default:
      return -1;
  }
}

/** The span of a lane that begins last before a time, or the first one. */
export function nearestInLane({ rows, start, from }: Packed, lane: number, time: number): number {
  return rows[placeInLane(start, from[lane], from[lane + 1], time)];
}

function besideInLane({ packed, columns }: Scene, lane: number, row: number, by: 1 | -1): number {
  const first = packed.from[lane];
  const end = packed.from[lane + 1];
  let at = placeInLane(packed.start, first, end, columns.start[row]);
  // Spans of one start stand side by side: it is one of them.
  while (at > first && packed.rows[at] !== row) at--;
  const next = at + by;
  return next < first || next >= end ? -1 : packed.rows[next];
}

/** The last place of an ascending part whose value is at most `time`, or the first place. */
function placeInLane(start: Float64Array, first: number, end: number, time: number): number {
  let low = first;
  let high = end - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (start[middle] <= time) low = middle;
    else high = middle - 1;
  }
  return low;
}
