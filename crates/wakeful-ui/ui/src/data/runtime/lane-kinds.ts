import type { Insight } from './programs.ts';
import type { Histogram, ServedSpan } from './task.ts';

/** What a lane's item is, as the server numbers it. */
export const KIND = {
  active: 0,
  poll: 1,
  scheduled: 2,
  idle: 3,
  unpolled: 4,
  wake: 5,
  blame: 6,
  parked: 7,
  sum: 8,
  blocked: 9,
  held: 10,
  waiting: 11,
} as const;

export const WAKERS = ['not known', 'another task', 'itself', 'a thread outside of tasks', 'timer or driver'] as const;

/** Bits of an item's flags. */
export const LONG = 1;
export const DROPPED = 1 << 1;
export const GOES_ON = 1 << 2;
export const PANICKED = 1 << 3;
export const JOINED = 1 << 4;
/** Its wakes are not known: some of this idle time was scheduled. */
export const WAKES_UNKNOWN = 1 << 5;

/** No row. */
export const NONE = 0xffffffff;

export interface LaneHead {
  kind: 'span' | 'task' | 'wakes' | 'worker' | 'thread' | 'blame' | 'holders' | 'waiters';
  name: string;
  task?: string;
  thread?: string;
}

/** Of a range; null what is not known. */
export interface LaneSums {
  polls: number | null;
  wakes: number | null;
  busy: number | null;
  /** Of the task's polls, as far as they lie in the range. */
  polled: number | null;
  scheduled: number | null;
  idle: number | null;
  notPolled: number | null;
}

/** A task that held a worker while another waited for one. */
export interface Blamed {
  task: string;
  name: string;
  location: string;
  thread: string;
  /** What the thread is called. */
  worker: string;
  polls: number;
  nanos: number;
  share: number;
  /** What was active in the longest of these polls, if that is known. */
  span: ServedSpan | null;
}

/** Something that happened to a runtime at an instant. */
export interface Mark {
  unixNanos: string;
  kind: 'start' | 'end' | 'lost' | 'gap';
  text: string;
}

/** Lanes of things that took time: rows by lane, then start; times in ns from the base. */
export interface Lanes {
  base: bigint;
  /** The range, in ns from the base. */
  from: number;
  to: number;
  heads: readonly LaneHead[];
  count: number;
  lane: Uint32Array;
  kind: Uint32Array;
  start: Float64Array;
  dur: Float64Array;
  task: readonly string[];
  thread: readonly string[];
  /** The row at the other end, or `NONE`. */
  other: Uint32Array;
  /** Of a wake, the row of the poll that it was called in, or `NONE`. */
  source: Uint32Array;
  by: Uint32Array;
  byTask: readonly string[];
  /** How many an item stands for. */
  counts: Uint32Array;
  flags: Uint32Array;
  busy: Float64Array;
  label: readonly string[];
  sums: LaneSums | null;
  blame: readonly Blamed[];
  /** Of a resource: how long it was waited for, by waits that ended in the range; null if none did. */
  waitTimes: Histogram | null;
  /** How long it was held, by those who gave it back in the range and were timed; null if none were. */
  holdTimes: Histogram | null;
  marks: readonly Mark[];
  insight: Insight | null;
  program: string;
  /** Whose lanes they are; '' if that is not known, and then `why` says why. */
  taskId: string;
  why: string;
  /** More than one task fits the span. */
  ambiguous: boolean;
  lost: number;
  /** Polls of the program that were told as sums alone. */
  summed: number;
  /** Of a span's lanes: ns to add to be on the trace's clock, where that was adjusted. */
  shift: number;
  complete: boolean;
  message: string;
}

/** A stretch of some lanes, in ns from where they begin, as the server is asked for it. */
export function rangeOf({ base, from }: Lanes, stretch: { from: number; to: number }): Pick<LaneRange, 'from' | 'to'> {
  const at = (nanos: number) => String(base + BigInt(from) + BigInt(Math.round(nanos)));
  return { from: at(stretch.from), to: at(stretch.to) };
}

/** A range of time in Unix ns, '' for the usual one, and the pixels that it will be drawn on. */
export interface LaneRange {
  from: string;
  to: string;
  px: number;
}
