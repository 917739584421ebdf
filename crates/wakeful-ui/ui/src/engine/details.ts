import type { Scene } from './scene.ts';

/** What a task does in a stretch of time. */
export const POLLING = 0;
/** Woken, waiting for a worker. */
export const SCHEDULED = 1;
/** Waiting for a wake. */
export const IDLE = 2;
/** Idle, and who holds what it waits for is known. */
export const BLOCKED = 3;
/** Spawned, and not polled yet. */
export const UNPOLLED = 4;
/** A worker that has nothing to do. */
export const PARKED = 5;
/** Many polls of which only the time that they took is known: `share` says how much. */
export const SUMMED = 6;
/** A moment at which a task was woken. */
export const WOKEN = 7;
/** A worker was taken by another while the task waited for one. */
export const HELD_UP = 8;
/** A resource is held. */
export const HELD = 9;

/** Marks of what is in a lane. */
export const LONG = 1;
export const DROPPED = 1 << 1;
export const GOES_ON = 1 << 2;
export const PANICKED = 1 << 3;
export const MERGED = 1 << 4;

/** Stretches of time, by start, none over another. Nanoseconds from the trace's base. */
export interface Stretches {
  start: Float64Array;
  dur: Float64Array;
  /** One of the states above, for each. */
  state: Uint8Array;
  /** Whether some stand for several that were recorded. */
  joined?: boolean;
}

/** A lane of its own below a span's row: what its task did, what a worker ran. */
export interface Lane extends Stretches {
  name: string;
  /** Bits of the marks above, for each stretch. */
  marks?: Uint8Array;
  /** Of a stretch of many polls, how much of it they took, 0 to 1. */
  share?: Float32Array;
  /** Of polls, a class of their length from 0 to 3: the longer, the higher, and the shorter two are pale. */
  length?: Uint8Array;
  /** What is written in a stretch that has room for it. */
  labels?: readonly string[];
  /** The stretch that is selected, or -1. */
  selected?: number;
}

/** Points in time on a span's bar. */
export interface Points {
  events: Float64Array;
  logs: Float64Array;
}

/** A wake: from the span that woke, or from nowhere known (-1), to the stretch that ran for it. */
export interface Arrow {
  fromRow: number;
  from: number;
  toRow: number;
  to: number;
  /** The lane below the row that the end stands in; without it, the row's own bar. */
  fromLane?: number;
  toLane?: number;
}

/** A time in which records were lost, on one row or, with -1, on all. */
export interface Band {
  row: number;
  start: number;
  dur: number;
}

/** What is drawn beside the spans themselves. It comes when it is asked for: rows on screen, the span that is selected. */
export class Details {
  /** Active intervals, by row. */
  readonly active = new Map<number, Stretches>();
  /** What of a row is on the critical path, if not all of it. */
  readonly critical = new Map<number, Stretches>();
  readonly points = new Map<number, Points>();
  /** Lanes below a row. */
  readonly lanes = new Map<number, readonly Lane[]>();
  arrows: readonly Arrow[] = [];
  bands: readonly Band[] = [];

  /** Rows have other numbers now: nothing that was said of them holds. */
  clear(): void {
    this.active.clear();
    this.critical.clear();
    this.points.clear();
    this.lanes.clear();
    this.arrows = [];
    this.bands = [];
  }
}

/** A line of the screen: a visible row of the tree, or one of the lanes below it. */
export interface Place {
  /** Among the visible rows. */
  index: number;
  lane: Lane | null;
}

/** Which line of the screen is what, when lanes push the rows below them down. */
export class Stack {
  /** Places among the visible rows that have lanes, ascending, with the lanes and how many come before. */
  private readonly opened: { index: number; lanes: readonly Lane[]; before: number }[] = [];
  readonly count: number;

  constructor({ tree, details }: Scene) {
    let before = 0;
    const rows = [...details.lanes.keys()].filter((row) => tree.isVisible(row)).sort((a, b) => a - b);
    for (const row of rows) {
      const lanes = details.lanes.get(row) ?? [];
      this.opened.push({ index: tree.indexOf(row), lanes, before });
      before += lanes.length;
    }
    this.count = tree.count + before;
  }

  at(line: number): Place {
    let shift = 0;
    for (const { index, lanes, before } of this.opened) {
      const first = index + before;
      if (line <= first) break;
      if (line <= first + lanes.length) return { index, lane: lanes[line - first - 1] };
      shift = before + lanes.length;
    }
    return { index: line - shift, lane: null };
  }

  lineOf(index: number): number {
    let shift = 0;
    for (const opened of this.opened) if (opened.index < index) shift = opened.before + opened.lanes.length;
    return index + shift;
  }
}
