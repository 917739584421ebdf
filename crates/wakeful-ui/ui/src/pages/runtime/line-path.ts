import type { Values } from '../../data/runtime/series.ts';

/** The newest value that is known, or null. */
export function lastKnown(values: Values): number | null {
  for (let at = values.length - 1; at >= 0; at--) {
    const value = values[at];
    if (value !== null) return value;
  }
  return null;
}

/**
 * A line from zero to the most, as an SVG path. A program tells its figures from time to time: what lies up to `reach` places apart is
 * joined, and where nothing is known for longer, the line is interrupted. A value alone is a dot.
 */
export function linePath(values: Values, width: number, height: number, reach: number): string {
  const most = Math.max(Number.MIN_VALUE, ...values.map((value) => value ?? 0));
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  let path = '';
  let before = Number.NEGATIVE_INFINITY;
  values.forEach((value, at) => {
    if (value === null) return;
    const y = round(1 + (height - 2) * (1 - value / most));
    path += at - before <= reach ? `L${round(at * step)} ${y}` : `M${round(at * step)} ${y}h0`;
    before = at;
  });
  return path;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
