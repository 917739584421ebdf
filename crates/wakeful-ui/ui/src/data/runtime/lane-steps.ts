import { alongArrow, itemAt, laneStarts } from './lane-items.ts';
import { KIND, LONG, type Lanes } from './lane-kinds.ts';

/** A wait for a worker from this on is one to look at, in ns: what runtimes call a long time. */
const LATE_NANOS = 1_000_000;

/**
 * Where a key leads from an item of lanes; `item` is -1 if none is selected yet, and then `next` goes into them. -1 is nowhere, `'out'` is
 * above the first lane or below the last, null is a key that does not act here.
 */
export function stepped(lanes: Lanes, item: number, action: string): number | 'out' | null {
  if (item < 0) return action === 'next' ? beside(lanes, -1, 1) : null;
  switch (action) {
    case 'link-back':
      return alongArrow(lanes, item, 'back');
    case 'link-on':
      return alongArrow(lanes, item, 'on');
    case 'next-sibling':
      return within(lanes, item, 1, () => true);
    case 'previous-sibling':
      return within(lanes, item, -1, () => true);
    case 'next-hit':
      return within(lanes, item, 1, (row) => isLate(lanes, row));
    case 'previous-hit':
      return within(lanes, item, -1, (row) => isLate(lanes, row));
    case 'next':
      return beside(lanes, item, 1);
    case 'previous':
      return beside(lanes, item, -1);
    default:
      return null;
  }
}

/** A long poll, or a long wait for a worker. */
function isLate({ kind, dur, flags }: Lanes, row: number): boolean {
  return (flags[row] & LONG) !== 0 || (kind[row] === KIND.scheduled && dur[row] >= LATE_NANOS);
}

/** The next of an item's lane that is wanted. */
function within(lanes: Lanes, item: number, by: 1 | -1, wanted: (row: number) => boolean): number {
  const starts = laneStarts(lanes);
  const lane = lanes.lane[item];
  for (let row = item + by; row >= starts[lane] && row < starts[lane + 1]; row += by) if (wanted(row)) return row;
  return -1;
}

/** What stands at the same time in the next lane that has anything. */
function beside(lanes: Lanes, item: number, by: 1 | -1): number | 'out' {
  const starts = laneStarts(lanes);
  const time = item < 0 ? lanes.from : lanes.start[item];
  for (let lane = item < 0 ? 0 : lanes.lane[item] + by; lane >= 0 && lane < lanes.heads.length; lane += by) {
    if (starts[lane] < starts[lane + 1]) return itemAt(lanes, lane, time, Number.POSITIVE_INFINITY);
  }
  return 'out';
}
