import { formatCount, formatDuration } from '../../engine/format.ts';
import type { Cell, Heat } from './heat-decode.ts';

/** What the plot spans. Times are Unix ms with fractions: a pixel is coarser than what a Number loses. */
export interface Domain {
  from: number;
  to: number;
  /** Decimal logarithms of nanoseconds. */
  low: number;
  high: number;
}

/** Places in a plot of a size, and what stands there. */
export interface Scale {
  width: number;
  height: number;
  x(millis: number): number;
  y(nanos: number): number;
  rows: { y: number; label: string }[];
  columns: { x: number; at: number; anchor: 'middle' | 'end' }[];
}

export interface Item {
  /** Unix ms. */
  at: number;
  /** Nanoseconds. */
  duration: number;
  /** What the area of the dot shows. */
  size: number;
  failed: boolean;
}

export interface Dot {
  x: number;
  y: number;
  r: number;
  failed: boolean;
  /** Index of the item. */
  item: number;
}

export interface Rect {
  x: number;
  y: number;
  w: number;
  h: number;
}

export const MARGIN = { top: 14, right: 14, bottom: 24, left: 56 };
const COLUMN_PX = 160;
const LEVELS = 6;

/** What must be seen: the window of the search, and whole powers of ten around the durations, two at least. */
export function domainOf(heat: Heat | null, items: readonly Item[]): Domain | null {
  const durations = [...items.map(({ duration }) => duration), ...(heat && heat.traces > 0 ? [heat.least, heat.most] : [])];
  if (durations.length === 0) return null;
  const logs = durations.map((nanos) => Math.log10(Math.max(1, nanos)));
  const low = Math.floor(Math.min(...logs));
  const high = Math.max(low + 1, Math.ceil(Math.max(...logs)));
  const times = items.map(({ at }) => at);
  const from = heat ? Number(heat.start) / 1e6 : Math.min(...times);
  const to = heat ? Number(heat.end) / 1e6 : Math.max(...times);
  return { from, to: Math.max(to, from + 0.001), low, high };
}

export function scaleOf({ from, to, low, high }: Domain, width: number, height: number): Scale {
  const inner = { w: width - MARGIN.left - MARGIN.right, h: height - MARGIN.top - MARGIN.bottom };
  const x = (millis: number) => MARGIN.left + ((millis - from) / (to - from)) * inner.w;
  const level = (log: number) => MARGIN.top + (1 - (log - low) / (high - low)) * inner.h;
  const rows = [];
  const skip = Math.max(1, Math.ceil((high - low) / 4));
  for (let log = low; log <= high; log += skip) rows.push({ y: Math.round(level(log)), label: powerOfTen(log) });
  const steps = Math.max(1, Math.floor(inner.w / COLUMN_PX));
  const columns = Array.from({ length: steps + 1 }, (_, step) => {
    const at = from + ((to - from) * step) / steps;
    return { x: Math.round(x(at)), at, anchor: step === steps ? ('end' as const) : ('middle' as const) };
  });
  return { width, height, x, y: (nanos) => level(Math.log10(Math.max(1, nanos))), rows, columns };
}

/** In order of time. */
export function dotsOf(items: readonly Item[], scale: Scale): Dot[] {
  const most = items.reduce((size, item) => Math.max(size, item.size), 1);
  return items
    .map((item, index) => ({
      x: Math.round(scale.x(item.at)),
      y: Math.round(scale.y(item.duration)),
      r: 3 + 6 * Math.sqrt(item.size / most),
      failed: item.failed,
      item: index,
    }))
    .sort((a, b) => a.x - b.x || items[a.item].at - items[b.item].at);
}

/** The dot nearest to a point, if one is within reach. */
export function dotAt(dots: readonly Dot[], x: number, y: number, reach: number): number {
  let [best, nearest] = [-1, Number.POSITIVE_INFINITY];
  dots.forEach((dot, index) => {
    const away = Math.hypot(dot.x - x, dot.y - y);
    if (away <= dot.r + reach && away <= nearest) [best, nearest] = [index, away];
  });
  return best;
}

/** Where a column of the heat begins, in Unix nanoseconds. */
export function columnStart(heat: Heat, column: number): bigint {
  return heat.start + ((heat.end - heat.start) * BigInt(column)) / BigInt(heat.columns);
}

/** Where a row of the heat begins, in nanoseconds. */
export function rowStart(heat: Heat, row: number): number {
  if (row === 0) return heat.least;
  if (row === heat.rows) return heat.most;
  return Math.max(1, heat.least) * (heat.most / Math.max(1, heat.least)) ** (row / heat.rows);
}

/** The rectangle of a cell; one that is too thin to see gets 2 px. */
export function cellRect(heat: Heat, { x, y }: Pick<Cell, 'x' | 'y'>, scale: Scale): Rect {
  const [left, right] = [x, x + 1].map((column) => scale.x(Number(columnStart(heat, column)) / 1e6));
  const [bottom, top] = [y, y + 1].map((row) => scale.y(rowStart(heat, row)));
  const w = Math.max(2, right - left);
  const h = Math.max(2, bottom - top);
  return { x: left, y: bottom - h, w, h };
}

/** 1 to 6: how a count is drawn, by its logarithm against the highest. */
export function levelOf(count: number, highest: number): number {
  if (highest <= 1) return LEVELS / 2;
  return Math.max(1, Math.ceil((LEVELS * Math.log(count + 1)) / Math.log(highest + 1)));
}

/** A box of whole cells. `x1`, `y1` are its last column and row. */
export interface Box {
  x0: number;
  x1: number;
  y0: number;
  y1: number;
}

/** The cells under a dragged rectangle, null if it lies outside. */
export function boxOf(heat: Heat, scale: Scale, rect: Rect): Box | null {
  const column = (x: number) => {
    const at = (x - MARGIN.left) / (scale.width - MARGIN.left - MARGIN.right);
    return Math.floor(at * heat.columns);
  };
  const x0 = Math.max(0, column(rect.x));
  const x1 = Math.min(heat.columns - 1, column(rect.x + rect.w));
  const rows = Array.from({ length: heat.rows }, (_, row) => cellRect(heat, { x: 0, y: row }, scale));
  const inside = rows.map(({ y, h }) => y < rect.y + rect.h && y + h > rect.y);
  const [y0, y1] = [inside.indexOf(true), inside.lastIndexOf(true)];
  return x0 > x1 || y0 < 0 ? null : { x0, x1, y0, y1 };
}

export function countIn(heat: Heat, { x0, x1, y0, y1 }: Box): { count: number; errors: number } {
  let [count, errors] = [0, 0];
  for (const cell of heat.cells) {
    if (cell.x < x0 || cell.x > x1 || cell.y < y0 || cell.y > y1) continue;
    count += cell.count;
    errors += cell.errors;
  }
  return { count, errors };
}

/** The box as the address has it: Unix ns and ns, both ends within. */
export function boxText(heat: Heat, { x0, x1, y0, y1 }: Box): string {
  const to = columnStart(heat, x1 + 1) - 1n;
  return [columnStart(heat, x0), to, Math.floor(rowStart(heat, y0)), Math.ceil(rowStart(heat, y1 + 1))].join(',');
}

/** The heat in at most `columns` × `rows` boxes, for a table: a line of boxes for each span of time that has some. */
export function coarse(heat: Heat, columns: number, rows: number): { box: Box; count: number; errors: number }[][] {
  const edges = (cells: number, parts: number) =>
    Array.from({ length: Math.min(parts, cells) + 1 }, (_, part) => Math.round((cells * part) / Math.min(parts, cells)));
  const [xs, ys] = [edges(heat.columns, columns), edges(heat.rows, rows)];
  return xs.slice(0, -1).map((x0, column) =>
    ys.slice(0, -1).map((y0, row) => {
      const box = { x0, x1: xs[column + 1] - 1, y0, y1: ys[row + 1] - 1 };
      return { box, ...countIn(heat, box) };
    }),
  );
}

/** A power of ten of nanoseconds; seconds stay seconds, because minutes would break the rhythm. */
function powerOfTen(log: number): string {
  return log >= 9 ? `${formatCount(10 ** (log - 9))} s` : formatDuration(10 ** log).replace(/\.0+ /, ' ');
}
