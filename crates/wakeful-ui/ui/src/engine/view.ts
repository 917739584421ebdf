/** What of a trace is on screen. CSS pixels; times are nanoseconds from the trace's base. */
export interface View {
  t0: number;
  nsPerPx: number;
  /** First visible row, with a fraction. */
  scrollRow: number;
  w: number;
  h: number;
  /** Device pixels a CSS pixel. */
  dpr: number;
  rowPx: number;
  /** From the row's top edge to the bar's. */
  barTop: number;
  barPx: number;
  /** Whether names and durations stand over the bars, instead of names in a column and durations beside the bars. */
  namesAbove: boolean;
}

/** The part of a view that the time axis needs. */
export type TimeWindow = Pick<View, 't0' | 'nsPerPx' | 'w'>;

const FLOOR_NS_PER_PX = 0.01;
const CEILING = 4;

/** The whole of `duration` on the width. */
export function fit<T extends TimeWindow>(view: T, duration: number): T {
  return { ...view, t0: 0, nsPerPx: scaleOf(duration, view.w) };
}

/** `[from, to)` on the width. */
export function show<T extends TimeWindow>(view: T, from: number, to: number, duration: number): T {
  return clamp({ ...view, t0: from, nsPerPx: (to - from) / Math.max(1, view.w) }, duration);
}

/** `factor` below 1 zooms in; what stands at `px` stays there. */
export function zoom<T extends TimeWindow>(view: T, factor: number, px: number, duration: number): T {
  const at = view.t0 + px * view.nsPerPx;
  const nsPerPx = limited(view.nsPerPx * factor, duration, view.w);
  return clamp({ ...view, nsPerPx, t0: at - px * nsPerPx }, duration);
}

/** Positive `px` shows later times. */
export function pan<T extends TimeWindow>(view: T, px: number, duration: number): T {
  return clamp({ ...view, t0: view.t0 + px * view.nsPerPx }, duration);
}

/** How far down a view is scrolled if a row is in it, and as many of the `below` rows behind it as there is room for. */
export function scrolledDown({ scrollRow, h, rowPx }: View, index: number, below: number): number {
  const rows = h / rowPx;
  const room = Math.max(0, Math.floor(rows) - 1);
  return Math.max(scrollRow, index + 1 + Math.min(below, room) - rows);
}

/** Where the window ends. */
export function windowEnd(view: TimeWindow): number {
  return view.t0 + view.w * view.nsPerPx;
}

/** Scale in range; the window never leaves the data, nor the data the window. */
export function clamp<T extends TimeWindow>(view: T, duration: number): T {
  const nsPerPx = limited(view.nsPerPx, duration, view.w);
  const slack = duration - view.w * nsPerPx;
  const t0 = Math.min(Math.max(view.t0, Math.min(0, slack)), Math.max(0, slack));
  return { ...view, nsPerPx, t0 };
}

function limited(nsPerPx: number, duration: number, w: number): number {
  return Math.min(Math.max(nsPerPx, FLOOR_NS_PER_PX), scaleOf(duration, w) * CEILING);
}

function scaleOf(duration: number, w: number): number {
  return Math.max(duration / Math.max(1, w), FLOOR_NS_PER_PX);
}
