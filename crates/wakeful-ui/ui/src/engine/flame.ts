import { fitted } from './advances.ts';
import type { Label } from './labels.ts';
import { Raster } from './raster.ts';
import type { Theme } from './theme.ts';

/** A flame graph as typed arrays, one row a box: parents before children, children from left to right. */
export interface FlameScene {
  count: number;
  /** 0 for the root. */
  depth: Uint16Array;
  /** Shares of the whole width, 0 to 1. */
  start: Float64Array;
  width: Float64Array;
  /** 0 to 4 a kind of code (`Theme.flame`), 5 and above a service's slot + 5. */
  colour: Uint8Array;
  /** Into `labels`. */
  label: Uint32Array;
  labels: readonly string[];
  /** A box, or -1. */
  selected: number;
}

/** What of a flame graph is on screen; CSS pixels, shares of the whole width. */
export interface FlameView {
  from: number;
  to: number;
  /** First depth on screen, with a fraction. */
  scroll: number;
  w: number;
  h: number;
  dpr: number;
  rowPx: number;
}

export const KINDS = 5;

const LABEL_MIN_PX = 24;
const PADDING_PX = 4;
const LABELS_MAX = 1_500;

/**
 * Draws the boxes of a view. `pick` has, for each row of boxes on screen and each CSS pixel of the width, the widest box + 1. A
 * box narrower than a device pixel has one, unless a wider one has it.
 */
export function drawFlame(scene: FlameScene, view: FlameView, theme: Theme, out: Uint32Array, pick: Uint32Array): void {
  const raster = new Raster(out, Math.round(view.w * view.dpr), Math.round(view.h * view.dpr));
  out.fill(0);
  pick.fill(0);
  const px = Math.max(1, Math.round(view.dpr));
  const columns = Math.ceil(view.w);
  const first = Math.floor(view.scroll);
  let frame: [number, number, number, number] | null = null;
  for (let box = 0; box < scene.count; box++) {
    const place = placeOf(scene, view, box);
    if (!place) continue;
    const [x0, top, x1, bottom] = place;
    const line = (scene.depth[box] - first) * columns;
    const from = Math.max(0, Math.floor(x0 / view.dpr));
    const narrow = x1 - x0 <= 1;
    // Siblings come from left to right: of those that share a pixel, the first wider one keeps it.
    if (narrow && pick[line + from] !== 0) continue;
    pick.fill(box + 1, line + from, line + Math.min(columns, Math.max(from + 1, Math.ceil(x1 / view.dpr))));
    const gap = x1 - x0 > 3 * px ? px : 0;
    raster.fill(x0, top, x1 - gap, bottom - px, colourOf(scene, theme, box));
    if (box === scene.selected) frame = [x0, top, x1 - gap, bottom - px];
  }
  if (frame) raster.frame(...frame, 2 * px, theme.text);
}

/** The names of the boxes that have room for some letters, at their visible left edge; device pixels. */
export function flameLabels(scene: FlameScene, view: FlameView, theme: Theme, measure: (text: string) => number): Label[] {
  const labels: Label[] = [];
  for (let box = 0; box < scene.count && labels.length < LABELS_MAX; box++) {
    const place = placeOf(scene, view, box);
    if (!place) continue;
    const [x0, top, x1, bottom] = place;
    const left = Math.max(0, x0);
    const room = Math.min(view.w * view.dpr, x1) - left;
    if (room < LABEL_MIN_PX * view.dpr) continue;
    const text = fitted(scene.labels[scene.label[box]] ?? '', room - 2 * PADDING_PX * view.dpr, measure);
    const colour = scene.colour[box] < KINDS ? theme.strong : (theme.ink[scene.colour[box] - KINDS] ?? theme.strong);
    if (text) labels.push({ text, x: left + PADDING_PX * view.dpr, y: (top + bottom) / 2, colour });
  }
  return labels;
}

/** Device pixels of a box; null if it is not on screen. */
function placeOf(scene: FlameScene, view: FlameView, box: number): [number, number, number, number] | null {
  const { from, to, scroll, w, h, dpr, rowPx } = view;
  const y = (scene.depth[box] - scroll) * rowPx;
  if (y + rowPx <= 0 || y >= h) return null;
  const scale = (w * dpr) / (to - from);
  const x0 = Math.floor((scene.start[box] - from) * scale);
  const x1 = Math.max(x0 + 1, Math.round((scene.start[box] + scene.width[box] - from) * scale));
  return x1 <= 0 || x0 >= w * dpr ? null : [x0, Math.round(y * dpr), x1, Math.round((y + rowPx) * dpr)];
}

function colourOf(scene: FlameScene, theme: Theme, box: number): number {
  const colour = scene.colour[box];
  return colour < KINDS ? theme.flame[colour] : theme.service[colour - KINDS];
}
