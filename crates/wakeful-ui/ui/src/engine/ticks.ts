import { formatDuration } from './format.ts';
import type { TimeWindow } from './view.ts';

export interface Tick {
  /** CSS pixels from the left edge. */
  x: number;
  label: string;
}

export interface Axis {
  ticks: Tick[];
  /** Set when the labels count from an instant far from zero: that instant. */
  offset: string;
}

const GAP_PX = 96;
/** Below this share of the instant, a step would drown in the label's digits. */
const DEEP = 1e-3;

/** Round instants of a window: 1, 2 or 5 times a power of ten apart, one unit on all. */
export function axisOf(window: TimeWindow): Axis {
  const { t0, nsPerPx, w } = window;
  const step = roundStep(GAP_PX * nsPerPx);
  const end = t0 + w * nsPerPx;
  const first = Math.ceil(t0 / step);
  const deep = step < Math.abs(end) * DEEP;
  const zero = deep ? first : 0;
  const [unit, size] = unitOf(deep ? w * nsPerPx : end);
  const ticks: Tick[] = [];
  for (let n = first; n * step <= end; n++) {
    const value = (n - zero) * step;
    const text = value === 0 ? '0' : `${trim(value / size)} ${unit}`;
    ticks.push({ x: (n * step - t0) / nsPerPx, label: deep && value > 0 ? `+${text}` : text });
  }
  return { ticks, offset: deep ? instant(first * step) : '' };
}

function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  for (const factor of [1, 2, 5]) if (factor * power >= least) return factor * power;
  return 10 * power;
}

function unitOf(nanos: number): [string, number] {
  if (nanos >= 1e9) return ['s', 1e9];
  if (nanos >= 1e6) return ['ms', 1e6];
  if (nanos >= 1e3) return ['µs', 1e3];
  return ['ns', 1];
}

function trim(value: number): string {
  return String(Number(value.toPrecision(10)));
}

/** `3.012 345 678 s`: seconds with their digits in threes. */
function instant(nanos: number): string {
  if (nanos < 1e6) return formatDuration(nanos);
  const whole = Math.floor(nanos / 1e9);
  const rest = String(Math.round(nanos - whole * 1e9)).padStart(9, '0');
  return `${whole}.${rest.match(/.{3}/g)?.join(' ')} s`;
}
