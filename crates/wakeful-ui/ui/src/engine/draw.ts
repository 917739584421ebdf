import { isError, OPEN, PLACEHOLDER } from './flags.ts';
import { Raster } from './raster.ts';
import type { Scene } from './scene.ts';
import { slotColour, slotMarked } from './slots.ts';
import type { Theme } from './theme.ts';
import { axisOf } from './ticks.ts';
import type { View } from './view.ts';

/** What `pick` says where no span is. */
export const NOTHING = 0;

/** Size in device pixels of the picture of a view. */
export function pictureSize(view: View): { width: number; height: number } {
  return { width: Math.max(1, Math.round(view.w * view.dpr)), height: Math.max(1, Math.round(view.h * view.dpr)) };
}

/** Tree rows that a view touches, from and to (exclusive). */
export function rowsOnScreen(view: View, count: number): [number, number] {
  const first = Math.max(0, Math.floor(view.scrollRow));
  return [first, Math.min(count, Math.ceil(view.scrollRow + view.h / view.rowPx))];
}

/**
 * Draws the bars of the visible rows: cost goes with the rows on screen, not with the trace. `out` is the picture
 * (`pictureSize`); `pick` has, for each row on screen and each CSS pixel of the width, the span's row + 1.
 */
export function draw(scene: Scene, view: View, theme: Theme, out: Uint32Array, pick: Uint32Array): void {
  const { width, height } = pictureSize(view);
  const raster = new Raster(out, width, height);
  out.fill(0);
  pick.fill(NOTHING);
  const [from, to] = rowsOnScreen(view, scene.tree.count);
  drawGrid(raster, view, theme, from, to);
  for (let lane = from; lane < to; lane++) {
    const row = scene.tree.visible[lane];
    const top = Math.round(((lane - view.scrollRow) * view.rowPx + view.barTop) * view.dpr);
    drawBar(raster, scene, view, theme, row, top);
    pickBar(pick, scene, view, row, (lane - from) * Math.ceil(view.w));
  }
}

/** Lines at the axis' ticks; where names stand over the bars, beside the bars alone. */
function drawGrid(raster: Raster, view: View, theme: Theme, from: number, to: number): void {
  for (const { x } of axisOf(view).ticks) {
    const px = Math.round(x * view.dpr);
    if (view.namesAbove) {
      for (let lane = from; lane < to; lane++) {
        const top = Math.round(((lane - view.scrollRow) * view.rowPx + view.barTop) * view.dpr);
        raster.fill(px, top, px + 1, top + Math.round(view.barPx * view.dpr), theme.line);
      }
    } else {
      raster.fill(px, 0, px + 1, raster.height, theme.line);
    }
  }
}

/** Device pixels of a span, cut so far outside of the picture that arithmetic stays in 32 bits. */
function extent(scene: Scene, view: View, row: number, least: number): [number, number] {
  const { start, dur } = scene.columns;
  const scale = view.dpr / view.nsPerPx;
  const limit = 4 * view.w * view.dpr;
  const x0 = Math.floor(Math.max(-limit, (start[row] - view.t0) * scale));
  const x1 = Math.round(Math.min(limit, (start[row] + dur[row] - view.t0) * scale));
  return [x0, Math.max(x1, x0 + least)];
}

function drawBar(raster: Raster, scene: Scene, view: View, theme: Theme, row: number, top: number): void {
  const { columns, tree } = scene;
  const flags = columns.flags[row];
  const px = Math.max(1, Math.round(view.dpr));
  const bottom = top + Math.round(view.barPx * view.dpr);
  const failed = isError(flags);
  const [x0, x1] = extent(scene, view, row, failed ? 2 * px : 1);
  const slot = scene.slots[columns.service[row]];
  const colour = theme.service[slotColour(slot)];

  if (flags & PLACEHOLDER) {
    raster.frame(x0, top, x1, bottom, px, theme.line2, 4 * px);
  } else {
    raster.fill(x0, top, x1, bottom, colour);
    if (slotMarked(slot) && x1 - x0 > 8 * px) raster.fill(x0, top + 4 * px, x0 + 3 * px, bottom - 4 * px, theme.bg);
    if (flags & OPEN) sawtooth(raster, x1, top, bottom, px, colour);
    if (failed) raster.fill(x0, top, x1, top + 3 * px, theme.error);
  }
  drawHiddenErrors(raster, scene, view, theme, tree.errorsHiddenAt(tree.indexOf(row)), top, px);
  if (scene.hits?.[row]) raster.fill(x0, bottom + px, Math.max(x1, x0 + 4 * px), bottom + 3 * px, theme.hitLine);
  if (row === scene.selected) raster.frame(x0 - 2 * px, top - 2 * px, x1 + 2 * px, bottom + 2 * px, 2 * px, theme.text);
}

/** Errors cannot be folded away: each that is hidden ticks on the edge of the row that it is folded into. */
function drawHiddenErrors(
  raster: Raster,
  scene: Scene,
  view: View,
  theme: Theme,
  errors: Uint32Array,
  top: number,
  px: number,
): void {
  let drawn = Number.NEGATIVE_INFINITY;
  for (const row of errors) {
    const [x0, x1] = extent(scene, view, row, 2 * px);
    // Of many in one place, one is enough.
    if (x0 === drawn && x1 === x0 + 2 * px) continue;
    drawn = x0;
    raster.fill(x0, top, x1, top + 3 * px, theme.error);
  }
}

/** A span that has not ended has no straight right edge. */
function sawtooth(raster: Raster, x: number, top: number, bottom: number, px: number, colour: number): void {
  const tooth = 4 * px;
  for (let y = top; y < bottom; y++) {
    const phase = (y - top) % (2 * tooth);
    const reach = phase < tooth ? phase : 2 * tooth - phase;
    raster.fill(x, y, x + reach, y + 1, colour);
  }
}

function pickBar(pick: Uint32Array, scene: Scene, view: View, row: number, line: number): void {
  const width = Math.ceil(view.w);
  const { start, dur } = scene.columns;
  const x0 = Math.floor((start[row] - view.t0) / view.nsPerPx);
  const x1 = Math.max(x0 + 1, Math.ceil((start[row] + dur[row] - view.t0) / view.nsPerPx));
  if (x1 <= 0 || x0 >= width) return;
  pick.fill(row + 1, line + Math.max(0, x0), line + Math.min(width, x1));
}
