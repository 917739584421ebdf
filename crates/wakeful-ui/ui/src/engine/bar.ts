import type { Stretches } from './details.ts';
import { barOf, extentOf, lineWidth } from './extent.ts';
import { INTERVALS, isError, JOINED, LINKS, OPEN, PLACEHOLDER } from './flags.ts';
import type { Raster } from './raster.ts';
import type { Scene } from './scene.ts';
import { slotColour, slotMarked } from './slots.ts';
import { drawStretches } from './stretches.ts';
import type { Theme } from './theme.ts';
import type { View } from './view.ts';

/** A bar of a row alone: what its span did inside of it, and all that is marked on it. */
export function drawBar(raster: Raster, scene: Scene, view: View, theme: Theme, row: number, line: number): void {
  const { start, dur, flags: allFlags, service } = scene.columns;
  const flags = allFlags[row];
  const px = lineWidth(view);
  const { top, bottom } = barOf(view, line);
  const failed = isError(flags);
  const [x0, x1] = extentOf(view, start[row], dur[row], failed ? 2 * px : 1);

  if (flags & PLACEHOLDER) {
    raster.frame(x0, top, x1, bottom, px, theme.line2, 4 * px);
  } else {
    drawBody(raster, scene, view, theme, row, [x0, top, x1, bottom]);
    if (slotMarked(scene.slots[service[row]]) && x1 - x0 > 8 * px) {
      raster.fill(x0, top + 4 * px, x0 + 3 * px, bottom - 4 * px, theme.bg);
    }
    if (flags & JOINED) for (let x = x0; x < x1; x += 2 * px) raster.fill(x, top, x + px, top + px, theme.bg);
    if (failed) raster.fill(x0, top, x1, top + 3 * px, theme.error);
  }
  drawHiddenErrors(raster, scene, view, theme, row, top, px);
  const critical = scene.look.critical && scene.isCritical(row);
  if (critical) underline(raster, view, theme.critical, scene.details.critical.get(row), [x0, bottom, x1, px]);
  if (scene.hits?.[row]) {
    const y = bottom + (critical ? 2 : 1) * px;
    raster.fill(x0, y, Math.max(x1, x0 + 4 * px), y + 2 * px, theme.hitLine);
  }
  if (flags & LINKS) drawChevron(raster, theme, x0, top, bottom, px);
  drawPoints(raster, scene, view, theme, row, top, px);
}

type Box = [x0: number, top: number, x1: number, bottom: number];

/** With intervals, the lifetime is pale and what was active is full; without, the whole bar is. */
function drawBody(raster: Raster, scene: Scene, view: View, theme: Theme, row: number, [x0, top, x1, bottom]: Box): void {
  const { flags, service, start, dur } = scene.columns;
  const px = lineWidth(view);
  const slot = slotColour(scene.slots[service[row]]);
  const colour = theme.service[slot];
  const open = (flags[row] & OPEN) !== 0;
  const active = scene.details.active.get(row);
  if (!active && (flags[row] & INTERVALS) === 0) {
    raster.fill(x0, top, x1, bottom, colour);
    if (open) sawtooth(raster, x1, top, bottom, px, colour);
    return;
  }
  raster.fill(x0, top, x1, bottom, theme.pale[slot]);
  if (open) sawtooth(raster, x1, top, bottom, px, theme.pale[slot]);
  if (active) {
    const inside = { top, bottom, from: start[row], to: start[row] + dur[row] };
    drawStretches(raster, view, theme, active, colour, inside);
  }
  if (!open) raster.frame(x0, top, x1, bottom, px, colour);
}

/** Errors cannot be folded away: each that is hidden ticks on the edge of the row that it is folded into. */
export function drawHiddenErrors(
  raster: Raster,
  scene: Scene,
  view: View,
  theme: Theme,
  row: number,
  top: number,
  px: number,
): void {
  const { tree, columns } = scene;
  let drawn = Number.NEGATIVE_INFINITY;
  for (const error of tree.errorsHiddenAt(tree.indexOf(row))) {
    const [x0, x1] = extentOf(view, columns.start[error], columns.dur[error], 2 * px);
    // Of many in one place, one is enough.
    if (x0 === drawn && x1 === x0 + 2 * px) continue;
    drawn = x0;
    raster.fill(x0, top, x1, top + 3 * px, theme.error);
  }
}

type UnderLine = [x0: number, bottom: number, x1: number, px: number];

function underline(raster: Raster, view: View, colour: number, parts: Stretches | undefined, line: UnderLine): void {
  const [x0, bottom, x1, px] = line;
  if (!parts) return raster.fill(x0, bottom, x1, bottom + 2 * px, colour);
  parts.start.forEach((start, i) => {
    const [from, to] = extentOf(view, start, parts.dur[i], px);
    raster.fill(from, bottom, to, bottom + 2 * px, colour);
  });
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

/** A link to or from another span: an angle at the bar's left end. */
function drawChevron(raster: Raster, theme: Theme, x: number, top: number, bottom: number, px: number): void {
  const half = Math.floor((bottom - top) / 4);
  const middle = (top + bottom) >> 1;
  for (let y = -half; y <= half; y++) {
    const left = x + 2 * px + half - Math.abs(y);
    // It stands out from any colour by its rim.
    raster.fill(left - px, middle + y, left + 3 * px, middle + y + 1, theme.bg);
    raster.fill(left, middle + y, left + 2 * px, middle + y + 1, theme.text);
  }
}

/** Events are ticks with a dot on the bar's edge; the dot of a log record is hollow. */
function drawPoints(raster: Raster, scene: Scene, view: View, theme: Theme, row: number, top: number, px: number): void {
  const points = scene.details.points.get(row);
  if (!points) return;
  let last = Number.NaN;
  const draw = (times: Float64Array, hollow: boolean) => {
    for (const time of times) {
      const [x] = extentOf(view, time, 0, 1);
      if (x === last) continue;
      last = x;
      raster.fill(x, top, x + px, top + 6 * px, theme.text);
      raster.fill(x - px, top - 2 * px, x + 2 * px, top + px, theme.text);
      if (hollow) raster.fill(x, top - px, x + px, top, theme.bg);
    }
  };
  draw(points.events, false);
  last = Number.NaN;
  draw(points.logs, true);
}
