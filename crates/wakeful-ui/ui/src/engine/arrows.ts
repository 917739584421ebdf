import type { Arrow, Band } from './details.ts';
import { barOf, extentOf, lineWidth, type Times } from './extent.ts';
import type { Raster } from './raster.ts';
import type { Scene } from './scene.ts';
import type { Theme } from './theme.ts';
import type { View } from './view.ts';

const HEAD_PX = 4;
const LOOP_PX = 8;
const DOT_PX = 2;

/** Wakes: down or up from the waker at the moment of the wake, then along until what was woken ran. */
export function drawArrows(raster: Raster, scene: Scene, view: View, theme: Theme): void {
  for (const arrow of scene.details.arrows) drawArrow(raster, scene, view, theme, arrow);
}

function drawArrow(raster: Raster, scene: Scene, view: View, theme: Theme, arrow: Arrow): void {
  const lineOf = (row: number, lane: number | undefined) => scene.lineOf(row) + (lane === undefined ? 0 : lane + 1);
  const target = barOf(view, lineOf(arrow.toRow, arrow.toLane));
  const source = arrow.fromRow < 0 ? null : barOf(view, lineOf(arrow.fromRow, arrow.fromLane));
  drawWake(raster, view, theme, arrow, source, target);
}

/** Where a bar begins and ends, in device pixels. */
interface Bar {
  top: number;
  bottom: number;
}

/** A wake at `from`, called in the bar of `source` if that is known, for what ran at `to` in the bar of `target`. */
export function drawWake(
  raster: Raster,
  view: Times,
  theme: Theme,
  { from, to }: Pick<Arrow, 'from' | 'to'>,
  source: Bar | null,
  target: Bar,
): void {
  const px = lineWidth(view);
  const colour = theme.wake;
  const [x0] = extentOf(view, from, 0, 1);
  const [x1] = extentOf(view, to, 0, 1);
  const y1 = (target.top + target.bottom) >> 1;
  if (source === null) {
    // Nobody knows who woke: a short arrow from a dashed dot.
    const y0 = target.top - LOOP_PX * px;
    raster.disc(x0, y0, DOT_PX * px, colour, DOT_PX * px);
    for (let y = y0 + DOT_PX * px; y < target.top; y += 2 * px) raster.fill(x0, y, x0 + px, y + px, colour);
    head(raster, x0, target.top, 1, px, colour);
    return;
  }
  if (source.top === target.top) {
    // A task that wakes itself: a loop over its bar.
    const y = target.top - Math.round(LOOP_PX * view.dpr * 0.5);
    raster.fill(x0, y, x0 + px, target.top, colour);
    raster.fill(x0, y, Math.max(x1, x0 + LOOP_PX * px), y + px, colour);
    head(raster, Math.max(x1, x0 + LOOP_PX * px), target.top, 1, px, colour);
    return;
  }
  const down = source.top < target.top;
  const y0 = down ? source.bottom : source.top;
  const tip = down ? target.top : target.bottom;
  raster.fill(x0, Math.min(y0, tip), x0 + px, Math.max(y0, tip), colour);
  head(raster, x0, tip, down ? 1 : -1, px, colour);
  if (x1 > x0 + px) for (let x = x0; x < Math.min(x1, raster.width); x += 4 * px) raster.fill(x, y1, x + 2 * px, y1 + px, colour);
}

/** The tip of an arrow at `(x, y)` that points down (1) or up (-1). */
function head(raster: Raster, x: number, y: number, way: 1 | -1, px: number, colour: number): void {
  for (let i = 0; i < HEAD_PX * px; i++) {
    const half = Math.floor(i / 2);
    const at = way === 1 ? y - 1 - i : y + i;
    raster.fill(x - half, at, x + half + px, at + 1, colour);
  }
}

/** Times in which records were lost: hatched over the row, or over all of them, behind the bars. */
export function drawBands(raster: Raster, scene: Scene, view: View, theme: Theme): void {
  const px = lineWidth(view);
  for (const band of scene.details.bands) {
    const [x0, x1] = extentOf(view, band.start, band.dur, 2 * px);
    const [top, bottom] = bandRows(scene, view, band, raster.height);
    raster.hatch(x0, top, x1, bottom, 8 * px, theme.line, false);
    raster.fill(x0, top, x0 + px, bottom, theme.line2);
    raster.fill(x1 - px, top, x1, bottom, theme.line2);
  }
}

function bandRows(scene: Scene, view: View, { row }: Band, height: number): [number, number] {
  if (row < 0) return [0, height];
  const top = (scene.lineOf(row) - view.scrollRow) * view.rowPx;
  return [Math.round(top * view.dpr), Math.round((top + view.rowPx) * view.dpr)];
}
