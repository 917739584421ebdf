import { drawWake } from '../../engine/arrows.ts';
import type { Lane } from '../../engine/details.ts';
import { Ground } from '../../engine/ink.ts';
import { drawItems, itemLabels } from '../../engine/lane.ts';
import { Raster } from '../../engine/raster.ts';
import type { Surface } from '../../engine/surface.ts';
import type { Theme } from '../../engine/theme.ts';
import { axisOf } from '../../engine/ticks.ts';

/** How lanes are laid out, in CSS pixels. */
export const LANE_PX = 30;
const BAR_TOP = 8;
const BAR_PX = 16;
/** More arrows than this hide what they point at. */
export const ARROWS_MAX = 200;

export interface LaneView {
  t0: number;
  nsPerPx: number;
  w: number;
  dpr: number;
}

/** An arrow from an instant in one lane to one in another; a lane of -1 is one that nobody knows. */
export interface WakeArrow {
  from: number;
  fromLane: number;
  to: number;
  toLane: number;
}

/** Draws all lanes, the marks at instants, and the arrows over them. */
export function drawLanes(surface: Surface, theme: Theme, view: LaneView, lanes: readonly Lane[], arrows: readonly WakeArrow[], marks: readonly number[]): void {
  const width = Math.max(1, Math.round(view.w * view.dpr));
  const height = Math.max(1, Math.round(lanes.length * LANE_PX * view.dpr));
  const pixels = surface.begin(width, height);
  pixels.fill(0);
  const raster = new Raster(pixels, width, height);
  for (const { x } of axisOf(view).ticks) raster.fill(Math.round(x * view.dpr), 0, Math.round(x * view.dpr) + 1, height, theme.line);
  const bar = (lane: number) => {
    const top = Math.round((lane * LANE_PX + BAR_TOP) * view.dpr);
    return { top, bottom: top + Math.round(BAR_PX * view.dpr) };
  };
  const measure = (text: string) => surface.measure(text, view.dpr);
  lanes.forEach((lane, at) => drawItems(raster, view, theme, lane, bar(at).top, bar(at).bottom));
  for (const mark of marks) {
    const x = Math.round(((mark - view.t0) / view.nsPerPx) * view.dpr);
    raster.fill(x, 0, x + Math.max(1, Math.round(view.dpr)), height, theme.error);
  }
  for (const arrow of arrows) drawWake(raster, view, theme, arrow, arrow.fromLane < 0 ? null : bar(arrow.fromLane), bar(arrow.toLane));
  const ground = new Ground(raster, theme, view.dpr);
  const labels = lanes.flatMap((lane, at) => itemLabels(lane, view, bar(at).top, bar(at).bottom, ground, measure));
  surface.end(labels, view.dpr);
}
