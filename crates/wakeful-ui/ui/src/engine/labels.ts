import { fitted } from './advances.ts';
import { NOTHING } from './draw.ts';
import { barOf, lineWidth, linesOnScreen, pictureSize } from './extent.ts';
import { INTERVALS, PLACEHOLDER } from './flags.ts';
import { formatDuration } from './format.ts';
import type { Ground, Ink } from './ink.ts';
import { itemLabels } from './lane.ts';
import type { Scene } from './scene.ts';
import { slotColour } from './slots.ts';
import type { Theme } from './theme.ts';
import type { View } from './view.ts';

/** A text beside or in a bar; device pixels, the baseline in the middle of the bar. */
export interface Label extends Ink {
  text: string;
  x: number;
  y: number;
}

const GAP_PX = 6;
const LABELS_MAX = 1_500;
/** A bar shorter than this has no label inside. */
const INSIDE_MIN_PX = 24;
const PADDING_PX = 4;
/** Where a bar is that the window does not show. */
const EARLIER = '◂';
const LATER = '▸';

type Measure = (text: string) => number;

/** What was drawn: the winners, and the pixels. */
export interface Drawn {
  pick: Uint32Array;
  ground: Ground;
}

/** What is written over the picture. `measure` answers device pixels. */
export function placeLabels(scene: Scene, view: View, theme: Theme, { pick, ground }: Drawn, measure: Measure): Label[] {
  if (scene.look.layout === 'packed') return packedLabels(scene, view, theme, pick, measure);
  return view.namesAbove ? [] : treeLabels(scene, view, theme, ground, measure);
}

/**
 * The duration of each bar on screen, or those of a run: to its right, else to its left, else in it at the visible left edge;
 * for a bar outside of the window, on which side it is.
 */
function treeLabels(scene: Scene, view: View, theme: Theme, ground: Ground, measure: Measure): Label[] {
  const { columns, tree, stack } = scene;
  const { width } = pictureSize(view);
  const gap = GAP_PX * view.dpr;
  const scale = view.dpr / view.nsPerPx;
  const labels: Label[] = [];
  const [from, to] = linesOnScreen(view, stack.count);
  for (let line = from; line < to; line++) {
    const { index, lane } = stack.at(line);
    const row = tree.visible[index];
    if (lane) {
      const bar = barOf(view, line);
      labels.push(...itemLabels(lane, view, bar.top, bar.bottom, ground, measure));
      continue;
    }
    if (columns.flags[row] & PLACEHOLDER) continue;
    const run = tree.standsForRun(row) ? tree.runs.of(row) : undefined;
    const summary = run && tree.runs.summary(run);
    const end = summary ? summary.end : columns.start[row] + columns.dur[row];
    const x0 = (columns.start[row] - view.t0) * scale;
    const x1 = Math.max(x0 + 1, (end - view.t0) * scale);
    const text = summary
      ? `p50 ${formatDuration(summary.p50)}, p99 ${formatDuration(summary.p99)}`
      : formatDuration(columns.dur[row]);
    const room = measure(text) + gap;
    const { top, bottom } = barOf(view, line);
    const y = (top + bottom) / 2;
    if (x1 < 0) {
      labels.push({ text: EARLIER, x: gap, y, colour: theme.label });
    } else if (x0 > width) {
      labels.push({ text: LATER, x: width - measure(LATER) - gap, y, colour: theme.label });
    } else if (x1 + room <= width) {
      labels.push({ text, x: x1 + gap, y, colour: theme.label });
    } else if (x0 >= room) {
      labels.push({ text, x: x0 - room, y, colour: theme.label });
    } else if (!run && Math.min(x1, width) - Math.max(x0, 0) >= room + gap) {
      const x = Math.max(x0, 0) + gap;
      // Within a bar that shows when it was active there is more than one colour.
      const hollow = (columns.flags[row] & INTERVALS) !== 0 || scene.details.active.has(row);
      const colour = theme.ink[slotColour(scene.slots[columns.service[row]])];
      labels.push({ text, x, y, ...(hollow ? ground.inkFor(x, x + room - gap, y) : { colour }) });
    }
  }
  return labels;
}

/** The name in each bar that has room for some letters, at its visible left edge. */
function packedLabels(scene: Scene, view: View, theme: Theme, pick: Uint32Array, measure: Measure): Label[] {
  const { columns, slots } = scene;
  const width = Math.ceil(view.w);
  const labels: Label[] = [];
  const [from, to] = linesOnScreen(view, scene.lines);
  const padding = PADDING_PX * lineWidth(view);
  for (let lane = from; lane < to && labels.length < LABELS_MAX; lane++) {
    const base = (lane - from) * width;
    const { top, bottom } = barOf(view, lane);
    for (let x = 0, end = 0; x < width && labels.length < LABELS_MAX; x = end) {
      const winner = pick[base + x];
      for (end = x + 1; end < width && pick[base + end] === winner; ) end++;
      if (winner === NOTHING || end - x < INSIDE_MIN_PX) continue;
      const row = winner - 1;
      if (columns.flags[row] & PLACEHOLDER) continue;
      const name = columns.names[columns.name[row]] ?? '';
      const text = fitted(name, (end - x) * view.dpr - 2 * padding, measure);
      const colour = theme.ink[slotColour(slots[columns.service[row]])];
      if (text) labels.push({ text, x: x * view.dpr + padding, y: (top + bottom) / 2, colour });
    }
  }
  return labels;
}
