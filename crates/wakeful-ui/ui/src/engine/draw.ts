import { drawArrows, drawBands } from './arrows.ts';
import { drawBar, drawHiddenErrors } from './bar.ts';
import type { Lane } from './details.ts';
import { barOf, extentOf, lineWidth, linesOnScreen, pictureSize } from './extent.ts';
import { drawItems } from './lane.ts';
import { Line } from './line.ts';
import { NO_LANE } from './packed.ts';
import { addLane } from './packed-line.ts';
import { Raster } from './raster.ts';
import type { Run } from './runs.ts';
import type { Scene } from './scene.ts';
import type { Theme } from './theme.ts';
import { axisOf } from './ticks.ts';
import type { View } from './view.ts';

/** What `pick` says where no span is. */
export const NOTHING = 0;

/** Between redraws it keeps its arrays, and nothing else. */
const scratch = new Line();

/**
 * Draws the lines on screen: cost goes with them and with the pixels, not with the trace. `out` is the picture
 * (`pictureSize`); `pick` has, for each line on screen and each CSS pixel of the width, the winning span's row + 1.
 */
export function draw(scene: Scene, view: View, theme: Theme, out: Uint32Array, pick: Uint32Array): void {
  const { width, height } = pictureSize(view);
  const raster = new Raster(out, width, height);
  out.fill(0);
  pick.fill(NOTHING);
  const [from, to] = linesOnScreen(view, scene.lines);
  drawBands(raster, scene, view, theme);
  drawGrid(raster, view, theme, from, to);
  const picks = new Picks(pick, view, from);
  if (scene.look.layout === 'packed') drawPacked(raster, scene, view, theme, picks, from, to);
  else drawTree(raster, scene, view, theme, picks, from, to);
  drawArrows(raster, scene, view, theme);
  frameSelected(raster, scene, view, theme, from, to);
}

function drawTree(raster: Raster, scene: Scene, view: View, theme: Theme, picks: Picks, from: number, to: number): void {
  const { tree, columns, stack } = scene;
  for (let line = from; line < to; line++) {
    const { index, lane } = stack.at(line);
    const row = tree.visible[index];
    if (lane) {
      drawLane(raster, view, theme, lane, line);
      continue;
    }
    const run = tree.standsForRun(row) ? tree.runs.of(row) : undefined;
    if (run) {
      drawRun(raster, scene, view, theme, run, line);
      picks.line(line, scratch);
    } else {
      drawBar(raster, scene, view, theme, row, line);
      picks.bar(line, row, columns.start[row], columns.dur[row]);
    }
  }
}

/** All members of a run in one row, and the errors below them. */
function drawRun(raster: Raster, scene: Scene, view: View, theme: Theme, run: Run, line: number): void {
  const { top, bottom } = barOf(view, line);
  const px = lineWidth(view);
  scratch.begin(raster.width);
  scratch.addCrowd(scene, scene.tree.runs.paintOrder(run), view.t0, view.dpr / view.nsPerPx);
  scratch.paint(raster, scene, theme, top, bottom, px);
  drawHiddenErrors(raster, scene, view, theme, run.first, top, px);
}

function drawPacked(raster: Raster, scene: Scene, view: View, theme: Theme, picks: Picks, from: number, to: number): void {
  const px = lineWidth(view);
  for (let lane = from; lane < to; lane++) {
    const { top, bottom } = barOf(view, lane);
    scratch.begin(raster.width);
    addLane(scratch, scene, view, lane);
    scratch.paint(raster, scene, theme, top, bottom, px);
    picks.line(lane, scratch);
  }
}

/** A lane below a span's row: what its task did, all the time. */
function drawLane(raster: Raster, view: View, theme: Theme, lane: Lane, line: number): void {
  const { top, bottom } = barOf(view, line);
  drawItems(raster, view, theme, lane, top, bottom);
}

/** Lines at the axis' ticks, as far down as there are rows; where names stand over the bars, beside the bars alone. */
function drawGrid(raster: Raster, view: View, theme: Theme, from: number, to: number): void {
  const foot = Math.round((to - view.scrollRow) * view.rowPx * view.dpr);
  for (const { x } of axisOf(view).ticks) {
    const px = Math.round(x * view.dpr);
    if (view.namesAbove) {
      for (let line = from; line < to; line++) {
        const { top, bottom } = barOf(view, line);
        raster.fill(px, top, px + 1, bottom, theme.line);
      }
    } else {
      raster.fill(px, 0, px + 1, foot, theme.line);
    }
  }
}

/** Over everything, so that it is seen in the densest lane. */
function frameSelected(raster: Raster, scene: Scene, view: View, theme: Theme, from: number, to: number): void {
  const { selected: row, tree, columns, look } = scene;
  if (row < 0 || row >= columns.count) return;
  if (look.layout === 'packed' ? scene.packed.laneOf[row] === NO_LANE : !tree.isVisible(row)) return;
  const line = scene.lineOf(row);
  if (line < from || line >= to) return;
  const run = look.layout === 'tree' && tree.standsForRun(row) ? tree.runs.of(row) : undefined;
  const px = lineWidth(view);
  const { top, bottom } = barOf(view, line);
  const end = run ? tree.runs.summary(run).end : columns.start[row] + columns.dur[row];
  const [x0, x1] = extentOf(view, columns.start[row], end - columns.start[row], 1);
  raster.frame(x0 - 2 * px, top - 2 * px, x1 + 2 * px, bottom + 2 * px, 2 * px, theme.text);
}

/** Writes down who is where, in CSS pixels. */
class Picks {
  private readonly width: number;

  constructor(
    private readonly pick: Uint32Array,
    private readonly view: View,
    private readonly first: number,
  ) {
    this.width = Math.ceil(view.w);
  }

  bar(line: number, row: number, start: number, dur: number): void {
    const { view, width } = this;
    const base = (line - this.first) * width;
    const x0 = Math.floor((start - view.t0) / view.nsPerPx);
    const x1 = Math.max(x0 + 1, Math.ceil((start + dur - view.t0) / view.nsPerPx));
    if (x1 <= 0 || x0 >= width) return;
    this.pick.fill(row + 1, base + Math.max(0, x0), base + Math.min(width, x1));
  }

  line(line: number, { winner, from, to }: Line): void {
    const { dpr } = this.view;
    const base = (line - this.first) * this.width;
    for (let x = from; x < to; x++) {
      const at = Math.floor(x / dpr);
      if (winner[x] !== 0 && at < this.width && this.pick[base + at] === NOTHING) this.pick[base + at] = winner[x];
    }
  }
}
