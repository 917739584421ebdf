import { fitted } from './advances.ts';
import { DROPPED, HELD, HELD_UP, type Lane, LONG, MERGED, PANICKED, PARKED, POLLING, SUMMED, UNPOLLED, WOKEN } from './details.ts';
import { extentOf, lineWidth, type Times } from './extent.ts';
import type { Ground } from './ink.ts';
import type { Label } from './labels.ts';
import type { Raster } from './raster.ts';
import { drawState } from './stretches.ts';
import type { Theme } from './theme.ts';

/** How high polls of a class of length are, of the bar. */
const HEIGHTS = [0.4, 0.6, 0.8, 1];
const LONGEST = HEIGHTS.length - 1;
const PALE = 2;
const CROSS_PX = 3;
const LABEL_MIN_PX = 24;
const PADDING_PX = 4;

/** What is in a lane, each in its pattern, from `top` to `bottom`. What is short of a pixel has one. */
export function drawItems(raster: Raster, view: Times, theme: Theme, lane: Lane, top: number, bottom: number): void {
  const { start, dur, state, marks, share } = lane;
  const px = lineWidth(view);
  for (let i = 0; i < start.length; i++) {
    const [x0, x1] = extentOf(view, start[i], dur[i], px);
    if (x1 < 0 || x0 >= raster.width) continue;
    const middle = (top + bottom) >> 1;
    switch (state[i]) {
      case UNPOLLED:
        for (let x = Math.max(x0, 0); x < Math.min(x1, raster.width); x += 4 * px) raster.fill(x, middle, x + px, middle + px, theme.line2);
        raster.fill(x0, top, x0 + px, bottom, theme.line2);
        break;
      case PARKED:
        raster.fill(x0, middle, x1, middle + px, theme.line);
        break;
      case SUMMED: {
        const full = Math.round((bottom - top) * Math.min(1, Math.max(0, share?.[i] ?? 0)));
        raster.fill(x0, bottom - px, x1, bottom, theme.line2);
        raster.fill(x0, bottom - full, x1, bottom, theme.polling);
        break;
      }
      case WOKEN:
        raster.fill(x0, top, x0 + px, bottom, theme.wake);
        raster.disc(x0, bottom - 2 * px, 2 * px, theme.wake);
        break;
      case HELD_UP:
        raster.fill(x0, top, x1, bottom, theme.scheduled);
        break;
      case HELD:
        raster.fill(x0, top, x1, bottom, theme.blocked);
        break;
      case POLLING: {
        const above = bottom - Math.round((bottom - top) * HEIGHTS[lane.length?.[i] ?? LONGEST]);
        // What is too narrow for a rim has its colour.
        const pale = isPale(lane, i) && x1 - x0 > 2 * px;
        raster.fill(x0, above, x1, bottom, theme.polling);
        if (pale) raster.fill(x0 + px, above + px, x1 - px, bottom, theme.pollingPale);
        break;
      }
      default:
        drawState(raster, theme, state[i], [x0, top, x1, bottom], theme.polling, px);
    }
    drawMarks(raster, theme, marks?.[i] ?? 0, [x0, top, x1, bottom], px);
  }
  const { selected = -1 } = lane;
  if (selected < 0 || selected >= start.length) return;
  const [x0, x1] = extentOf(view, start[selected], dur[selected], px);
  raster.frame(x0 - 2 * px, top - 2 * px, x1 + 2 * px, bottom + 2 * px, 2 * px, theme.text);
}

/** Whether a poll is one of the short ones, which are drawn pale. */
function isPale({ length }: Lane, at: number): boolean {
  return length !== undefined && length[at] < PALE;
}

type Box = [x0: number, top: number, x1: number, bottom: number];

function drawMarks(raster: Raster, theme: Theme, marks: number, [x0, top, x1, bottom]: Box, px: number): void {
  if (marks & MERGED) for (let x = Math.max(0, x0); x + px <= Math.min(x1, raster.width); x += 2 * px) raster.fill(x, top, x + px, top + px, theme.bg);
  if (marks & LONG) raster.frame(x0 - px, top - px, x1 + px, bottom + px, 2 * px, theme.warn);
  if (marks & PANICKED) raster.fill(x0, top, Math.max(x1, x0 + 2 * px), top + 3 * px, theme.error);
  if (marks & DROPPED) {
    const middle = (top + bottom) >> 1;
    for (let i = -CROSS_PX * px; i <= CROSS_PX * px; i++) {
      raster.fill(x1 + i, middle + i, x1 + i + px, middle + i + px, theme.text);
      raster.fill(x1 + i, middle - i, x1 + i + px, middle - i + px, theme.text);
    }
  }
}

/** What is written in the items of a lane that have room, at their visible left edge. `measure` answers device pixels. */
export function itemLabels(lane: Lane, view: Times, top: number, bottom: number, ground: Ground, measure: (text: string) => number): Label[] {
  const { labels, start, dur } = lane;
  if (!labels) return [];
  const width = view.w * view.dpr;
  const padding = PADDING_PX * view.dpr;
  return labels.flatMap((text, i) => {
    if (text === '') return [];
    const [x0, x1] = extentOf(view, start[i], dur[i], 1);
    const [left, right] = [Math.max(x0, 0), Math.min(x1, width)];
    if (right - left < LABEL_MIN_PX * view.dpr) return [];
    const said = fitted(text, right - left - 2 * padding, measure);
    if (said === '') return [];
    const [x, y] = [left + padding, (top + bottom) / 2];
    return [{ text: said, x, y, ...ground.inkFor(x, x + measure(said), y) }];
  });
}
