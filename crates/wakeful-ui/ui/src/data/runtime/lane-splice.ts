import { itemAt } from './lane-items.ts';
import { JOINED, type LaneHead, type Lanes, NONE } from './lane-kinds.ts';

/** A stretch of time in ns from where the lanes begin. */
export interface Stretch {
  from: number;
  to: number;
}

/** So many times what is on screen is read, so that a short pan needs no new answer. */
const MARGIN = 1;

/**
 * What to read anew because more is to be seen there: the window with a screen to either side, if something in it was joined and would
 * be drawn at twice the scale or more. `read` is what the lanes on screen were read of. Null if nothing is to be gained.
 */
export function finerStretch(lanes: Lanes, window: Stretch, read: Stretch): Stretch | null {
  const length = window.to - window.from;
  const covered = window.from >= read.from && window.to <= read.to;
  const before = covered ? read.to - read.from : lanes.to - lanes.from;
  const from = Math.max(0, Math.floor(window.from - MARGIN * length));
  const to = Math.min(lanes.to - lanes.from, Math.ceil(window.to + MARGIN * length));
  if (to - from < 1 || (to - from) * 2 > before) return null;
  for (let row = 0; row < lanes.count; row++) {
    const start = lanes.start[row] - lanes.from;
    if (lanes.flags[row] & JOINED && start < window.to && start + lanes.dur[row] > window.from) return { from, to };
  }
  return null;
}

/** One of the two answers, and a row of it. */
interface Origin {
  lanes: Lanes;
  row: number;
}

/** The lanes with what a finer answer has of its own range in place of theirs. */
export function spliced(whole: Lanes, finer: Lanes): Lanes {
  const shift = Number(finer.base - whole.base);
  const [from, to] = [finer.from + shift, finer.to + shift];
  const startOf = ({ lanes, row }: Origin) => lanes.start[row] + (lanes === finer ? shift : 0);
  const laneOf = new Map(whole.heads.map((head, at) => [keyOf(head), at]));
  const lane = ({ lanes, row }: Origin) => laneOf.get(keyOf(lanes.heads[lanes.lane[row]])) ?? -1;
  const origins: Origin[] = [];
  for (let row = 0; row < whole.count; row++) {
    // What touches the finer range stands in that answer too.
    if (whole.start[row] + whole.dur[row] < from || whole.start[row] > to) origins.push({ lanes: whole, row });
  }
  for (let row = 0; row < finer.count; row++) if (lane({ lanes: finer, row }) >= 0) origins.push({ lanes: finer, row });
  origins.sort((a, b) => lane(a) - lane(b) || startOf(a) - startOf(b));
  const rowOf = new Map([
    [whole, new Uint32Array(whole.count).fill(NONE)],
    [finer, new Uint32Array(finer.count).fill(NONE)],
  ]);
  origins.forEach(({ lanes, row }, at) => {
    const rows = rowOf.get(lanes);
    if (rows) rows[row] = at;
  });
  const numbers = (of: (origin: Origin) => number) => Uint32Array.from(origins, of);
  const times = (of: (origin: Origin) => number) => Float64Array.from(origins, of);
  const moved = ({ lanes, row }: Origin, of: 'other' | 'source') => {
    const at = lanes[of][row];
    return at < lanes.count ? (rowOf.get(lanes)?.[at] ?? NONE) : NONE;
  };
  return {
    ...whole,
    count: origins.length,
    lane: numbers(lane),
    start: times(startOf),
    dur: times(({ lanes, row }) => lanes.dur[row]),
    busy: times(({ lanes, row }) => lanes.busy[row]),
    kind: numbers(({ lanes, row }) => lanes.kind[row]),
    by: numbers(({ lanes, row }) => lanes.by[row]),
    counts: numbers(({ lanes, row }) => lanes.counts[row]),
    flags: numbers(({ lanes, row }) => lanes.flags[row]),
    other: numbers((origin) => moved(origin, 'other')),
    source: numbers((origin) => moved(origin, 'source')),
    task: origins.map(({ lanes, row }) => lanes.task[row]),
    thread: origins.map(({ lanes, row }) => lanes.thread[row]),
    byTask: origins.map(({ lanes, row }) => lanes.byTask[row]),
    label: origins.map(({ lanes, row }) => lanes.label[row]),
  };
}

function keyOf({ kind, name, thread = '', task = '' }: LaneHead): string {
  return JSON.stringify([kind, name, thread, task]);
}

/** Where a row of some lanes is in others of the same things, or what stands there now; -1 if nothing does. */
export function sameItem(lanes: Lanes, row: number, next: Lanes): number {
  if (row < 0 || row >= lanes.count || lanes === next) return row;
  const [lane, start] = [lanes.lane[row], lanes.start[row] + Number(lanes.base - next.base)];
  for (let at = 0; at < next.count; at++) {
    if (next.lane[at] === lane && next.start[at] === start && next.kind[at] === lanes.kind[row]) return at;
  }
  return lane < next.heads.length ? itemAt(next, lane, start, 0) : -1;
}
