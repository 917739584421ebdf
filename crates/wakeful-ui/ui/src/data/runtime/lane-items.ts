import { BLOCKED, HELD, HELD_UP, IDLE, type Lane, PARKED, POLLING, SCHEDULED, SUMMED, UNPOLLED, WOKEN } from '../../engine/details.ts';
import { formatCount, formatDuration } from '../../engine/format.ts';
import { DROPPED, GOES_ON, JOINED, KIND, LONG, type Lanes, NONE, PANICKED, WAKERS, WAKES_UNKNOWN } from './lane-kinds.ts';

/** How the engine draws each kind. */
const STATE: Readonly<Record<number, number>> = {
  [KIND.active]: POLLING,
  [KIND.poll]: POLLING,
  [KIND.scheduled]: SCHEDULED,
  [KIND.idle]: IDLE,
  [KIND.unpolled]: UNPOLLED,
  [KIND.wake]: WOKEN,
  [KIND.blame]: HELD_UP,
  [KIND.parked]: PARKED,
  [KIND.sum]: SUMMED,
  [KIND.blocked]: BLOCKED,
  [KIND.held]: HELD,
  [KIND.waiting]: BLOCKED,
};

/** The first row of each lane, and behind the last one, the count of all. */
export function laneStarts({ lane, heads, count }: Lanes): Uint32Array {
  const starts = new Uint32Array(heads.length + 1).fill(count);
  for (let row = count - 1; row >= 0; row--) starts[lane[row]] = row;
  for (let at = heads.length - 1; at >= 0; at--) starts[at] = Math.min(starts[at], starts[at + 1]);
  return starts;
}

/** Upper ends of the classes of a poll's length that are told apart in a worker's lane, ns. */
const LENGTHS = [100_000, 1_000_000, 10_000_000];

/** The class of a poll's length, of several that are joined by their mean. */
function lengthOf({ busy, dur, counts }: Lanes, row: number): number {
  const nanos = (busy[row] || dur[row]) / Math.max(1, counts[row]);
  return LENGTHS.filter((end) => nanos >= end).length;
}

/** The lanes as the engine draws them, their times moved by `shift` ns; `selected` is a row, or -1. */
export function drawnLanes(lanes: Lanes, shift: number, selected = -1): Lane[] {
  const starts = laneStarts(lanes);
  return lanes.heads.map(({ kind, name }, at) => {
    const [from, to] = [starts[at], starts[at + 1]];
    const isThread = kind === 'worker' || kind === 'thread';
    return {
      name,
      ...(isThread && { length: Uint8Array.from({ length: to - from }, (_, i) => lengthOf(lanes, from + i)) }),
      start: lanes.start.slice(from, to).map((start) => start + shift),
      dur: lanes.dur.slice(from, to),
      state: Uint8Array.from(lanes.kind.subarray(from, to), (kind) => STATE[kind] ?? POLLING),
      marks: Uint8Array.from(lanes.flags.subarray(from, to), (flags) => flags & ~WAKES_UNKNOWN),
      share: Float32Array.from({ length: to - from }, (_, i) => lanes.busy[from + i] / Math.max(1, lanes.dur[from + i])),
      labels: Array.from({ length: to - from }, (_, i) => labelOf(lanes, from + i)),
      selected: selected >= from && selected < to ? selected - from : -1,
    };
  });
}

/** What stands in an item that has room. */
function labelOf({ kind, label, task }: Lanes, row: number): string {
  switch (kind[row]) {
    case KIND.idle:
    case KIND.blocked:
      return label[row] ? `idle: ${label[row]}` : '';
    case KIND.blame:
      return `held by ${label[row] || task[row]}`;
    case KIND.parked:
    case KIND.sum:
      return '';
    default:
      return label[row];
  }
}

const KINDS: Readonly<Record<number, string>> = {
  [KIND.active]: 'active',
  [KIND.poll]: 'poll',
  [KIND.scheduled]: 'scheduled: woken, waiting for a worker',
  [KIND.idle]: 'idle',
  [KIND.unpolled]: 'spawned, not polled yet',
  [KIND.wake]: 'wake',
  [KIND.blame]: 'worker held',
  [KIND.parked]: 'parked: nothing to do',
  [KIND.sum]: 'polls that were told as a sum',
  [KIND.blocked]: 'idle: what it waits for is held',
  [KIND.held]: 'held',
  [KIND.waiting]: 'waiting',
};

/** An item in words, a fact a line. */
export function itemText(lanes: Lanes, row: number): string[] {
  const { kind, dur, label, task, counts, flags, by, byTask, busy } = lanes;
  const of = flags[row];
  const lines = [KINDS[kind[row]] ?? 'something'];
  if (label[row]) lines.push(kind[row] === KIND.idle ? `waits for ${label[row]}` : label[row]);
  else if (kind[row] === KIND.idle) lines.push(`what for is not known${lanes.insight ? ` at insight ${lanes.insight.depth}` : ''}`);
  if (task[row]) lines.push(`task ${task[row]}`);
  if (kind[row] === KIND.wake) lines.push(`by ${byTask[row] ? `task ${byTask[row]}` : WAKERS[by[row]]}`);
  else lines.push(formatDuration(dur[row]));
  if (kind[row] === KIND.sum) lines.push(`busy ${formatDuration(busy[row])}`);
  if (counts[row] > 1) lines.push(`${formatCount(counts[row])} of them${of & JOINED ? ', joined: zoom' : ''}`);
  if (of & LONG) lines.push('a long poll');
  if (of & DROPPED) lines.push('the task was dropped at its end');
  if (of & PANICKED) lines.push('the task panicked');
  if (of & GOES_ON) lines.push('goes on');
  if (of & WAKES_UNKNOWN) lines.push('its wakes are not known: some of this was waiting for a worker');
  return lines;
}

/** The item of a lane at a time, or the nearest within `reach` ns; -1 if there is none. */
export function itemAt(lanes: Lanes, lane: number, time: number, reach: number): number {
  const starts = laneStarts(lanes);
  let best = -1;
  let far = reach;
  for (let row = starts[lane]; row < starts[lane + 1]; row++) {
    const away = Math.max(lanes.start[row] - time, time - lanes.start[row] - lanes.dur[row], 0);
    // Of several the shortest is meant: the others can be pointed at beside it.
    if (away < far || (away === far && best >= 0 && lanes.dur[row] <= lanes.dur[best]) || (best < 0 && away <= reach)) {
      best = row;
      far = away;
    }
  }
  return best;
}

/** Where `[` and `]` lead from a row: back to the poll that woke, on to the poll that was woken; -1 for nowhere. */
export function alongArrow(lanes: Lanes, row: number, way: 'back' | 'on'): number {
  if (row < 0) return -1;
  const { kind, other, source, count } = lanes;
  const known = (at: number) => (at === NONE || at >= count ? -1 : at);
  if (way === 'back') {
    if (kind[row] === KIND.wake) return known(source[row]);
    const wake = known(other[row]);
    if (wake < 0 || kind[wake] !== KIND.wake) return wake;
    return known(source[wake]) < 0 ? wake : known(source[wake]);
  }
  if (kind[row] === KIND.wake || kind[row] === KIND.blame) return known(other[row]);
  // Of several wakes by one poll some may have led out of what is shown.
  for (let at = 0; at < count; at++) if (kind[at] === KIND.wake && source[at] === row && known(other[at]) >= 0) return other[at];
  return -1;
}

/** The wakes that are drawn as arrows: row of the wake, and of the poll that it led to. */
export function arrowsOf({ kind, other, count }: Lanes): [wake: number, poll: number][] {
  const found: [number, number][] = [];
  for (let row = 0; row < count; row++) if (kind[row] === KIND.wake && other[row] < count) found.push([row, other[row]]);
  return found;
}
