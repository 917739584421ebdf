import { formatCount, formatDuration } from '../../engine/format.ts';

export interface Item {
  /** Unix ms. */
  at: number;
  /** Nanoseconds. */
  duration: number;
  /** What the area of the dot shows. */
  size: number;
}

export interface Dot {
  x: number;
  y: number;
  r: number;
  /** Index of the item. */
  item: number;
}

export interface Plot {
  /** In order of time. */
  dots: Dot[];
  rows: { y: number; label: string }[];
  columns: { x: number; at: number; anchor: 'start' | 'middle' | 'end' }[];
}

const MARGIN = { top: 16, right: 14, bottom: 26, left: 56 };
const COLUMN_PX = 160;

/** A power of ten of nanoseconds; seconds stay seconds, because minutes would break the rhythm. */
function powerOfTen(log: number): string {
  return log >= 9 ? `${formatCount(10 ** (log - 9))} s` : formatDuration(10 ** log).replace(/\.0+ /, ' ');
}

/** Places dots by time and by the logarithm of their duration, with round lines to read them by. */
export function plot(items: readonly Item[], width: number, height: number): Plot {
  if (items.length === 0 || width <= MARGIN.left + MARGIN.right) return { dots: [], rows: [], columns: [] };
  const times = items.map(({ at }) => at);
  const logs = items.map(({ duration }) => Math.log10(Math.max(1, duration)));
  const [t0, t1] = [Math.min(...times), Math.max(...times)];
  // Whole powers of ten, and two lines at least, so that one trace has a scale too.
  const low = Math.floor(Math.min(...logs));
  const high = Math.max(low + 1, Math.ceil(Math.max(...logs)));
  const most = Math.max(...items.map(({ size }) => size));
  const inner = { w: width - MARGIN.left - MARGIN.right, h: height - MARGIN.top - MARGIN.bottom };
  const x = (at: number) => MARGIN.left + (t1 === t0 ? inner.w / 2 : ((at - t0) / (t1 - t0)) * inner.w);
  const y = (log: number) => MARGIN.top + (1 - (log - low) / (high - low)) * inner.h;

  const dots = items
    .map((item, index) => ({
      x: Math.round(x(item.at)),
      y: Math.round(y(logs[index])),
      r: 3 + 6 * Math.sqrt(item.size / Math.max(1, most)),
      item: index,
    }))
    .sort((a, b) => a.x - b.x);
  const skip = Math.max(1, Math.ceil((high - low) / 4));
  const rows = [];
  for (let log = low; log <= high; log += skip) rows.push({ y: Math.round(y(log)), label: powerOfTen(log) });
  const steps = t1 === t0 ? 0 : Math.max(1, Math.floor(inner.w / COLUMN_PX));
  const columns = Array.from({ length: steps + 1 }, (_, step) => {
    const at = steps === 0 ? t0 : t0 + ((t1 - t0) * step) / steps;
    const anchor = step === 0 || step < steps ? ('middle' as const) : ('end' as const);
    return { x: Math.round(x(at)), at, anchor };
  });
  return { dots, rows, columns };
}
