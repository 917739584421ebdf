import type { Values } from '../../data/runtime/series.ts';

/** The newest value that is known, or null. */
export function lastKnown(values: Values): number | null {
  for (let at = values.length - 1; at >= 0; at--) {
    const value = values[at];
    if (value !== null) return value;
  }
  return null;
}

/** A line from zero to the most, as an SVG path; where nothing is known it is interrupted. */
export function linePath(values: Values, width: number, height: number): string {
  const most = Math.max(Number.MIN_VALUE, ...values.map((value) => value ?? 0));
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  let path = '';
  let pen = false;
  values.forEach((value, at) => {
    if (value === null) {
      pen = false;
      return;
    }
    const y = 1 + (height - 2) * (1 - value / most);
    path += `${pen ? 'L' : 'M'}${round(at * step)} ${round(y)}`;
    pen = true;
  });
  return path;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
