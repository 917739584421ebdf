import { BLOCKED, IDLE, POLLING, SCHEDULED, type Stretches } from './details.ts';
import { extentOf, lineWidth } from './extent.ts';
import type { Raster } from './raster.ts';
import type { Theme } from './theme.ts';
import type { View } from './view.ts';

const HATCH_PX = 4;

/** Where stretches are drawn: device pixels from `top` to `bottom`, and only what lies within a time. */
interface Inside {
  top: number;
  bottom: number;
  from: number;
  to: number;
}

/**
 * Polling is solid in `busy`, scheduled is hatched at 45°, idle is hollow, and blocked is hatched both ways. What is short
 * of a pixel has one; of those that share a pixel the last is seen.
 */
export function drawStretches(
  raster: Raster,
  view: View,
  theme: Theme,
  stretches: Stretches,
  busy: number,
  { top, bottom, from, to }: Inside,
): void {
  const { start, dur, state } = stretches;
  const px = lineWidth(view);
  const until = Math.min(to, view.t0 + view.w * view.nsPerPx);
  for (let i = firstEndingAfter(stretches, Math.max(from, view.t0)); i < start.length && start[i] <= until; i++) {
    const begin = Math.max(start[i], from);
    const [x0, x1] = extentOf(view, begin, Math.min(start[i] + dur[i], to) - begin, 1);
    drawState(raster, theme, state[i], [x0, top, x1, bottom], busy, px);
  }
  if (!stretches.joined) return;
  const [x0, x1] = extentOf(view, from, to - from, 1);
  for (let x = Math.max(0, x0); x < Math.min(x1, raster.width); x += 2 * px) raster.fill(x, top, x + px, top + px, theme.bg);
}

type Box = [x0: number, top: number, x1: number, bottom: number];

/** One stretch in the pattern of its state, if it is one of a task. */
export function drawState(raster: Raster, theme: Theme, state: number, [x0, top, x1, bottom]: Box, busy: number, px: number): void {
  switch (state) {
    case POLLING:
      raster.fill(x0, top, x1, bottom, busy);
      break;
    case SCHEDULED:
      raster.hatch(x0, top, x1, bottom, HATCH_PX * px, theme.scheduled, false);
      break;
    case IDLE:
      raster.fill(x0, top, x1, bottom, theme.idle);
      raster.fill(x0, top, x1, top + px, theme.line2);
      raster.fill(x0, bottom - px, x1, bottom, theme.line2);
      break;
    case BLOCKED:
      raster.fill(x0, top, x1, bottom, theme.idle);
      raster.hatch(x0, top, x1, bottom, HATCH_PX * px, theme.blocked, true);
      break;
  }
}

function firstEndingAfter({ start, dur }: Stretches, time: number): number {
  let low = 0;
  let high = start.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (start[middle] + dur[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
