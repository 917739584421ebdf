import { pictureSize, rowsOnScreen } from './draw.ts';
import { PLACEHOLDER } from './flags.ts';
import { formatDuration } from './format.ts';
import type { Scene } from './scene.ts';
import { slotColour } from './slots.ts';
import type { Theme } from './theme.ts';
import type { View } from './view.ts';

/** A text beside or in a bar; device pixels, the baseline in the middle of the bar. */
export interface Label {
  text: string;
  x: number;
  y: number;
  /** CSS colour. */
  colour: string;
}

const GAP_PX = 6;
/** Where a bar is that the window does not show. */
const EARLIER = '◂';
const LATER = '▸';

/**
 * The duration of each bar on screen: to its right, else to its left, else in it at the visible left edge; for a bar outside
 * of the window, on which side it is. `measure` answers device pixels.
 */
export function placeLabels(scene: Scene, view: View, theme: Theme, measure: (text: string) => number): Label[] {
  const { columns, tree } = scene;
  const { width } = pictureSize(view);
  const gap = GAP_PX * view.dpr;
  const scale = view.dpr / view.nsPerPx;
  const labels: Label[] = [];
  const [from, to] = rowsOnScreen(view, tree.count);
  for (let lane = from; lane < to; lane++) {
    const row = tree.visible[lane];
    if (columns.flags[row] & PLACEHOLDER) continue;
    const x0 = (columns.start[row] - view.t0) * scale;
    const x1 = Math.max(x0 + 1, x0 + columns.dur[row] * scale);
    const text = formatDuration(columns.dur[row]);
    const room = measure(text) + gap;
    const y = ((lane - view.scrollRow) * view.rowPx + view.barTop + view.barPx / 2) * view.dpr;
    if (x1 < 0) {
      labels.push({ text: EARLIER, x: gap, y, colour: theme.label });
    } else if (x0 > width) {
      labels.push({ text: LATER, x: width - measure(LATER) - gap, y, colour: theme.label });
    } else if (x1 + room <= width) {
      labels.push({ text, x: x1 + gap, y, colour: theme.label });
    } else if (x0 >= room) {
      labels.push({ text, x: x0 - room, y, colour: theme.label });
    } else if (Math.min(x1, width) - Math.max(x0, 0) >= room + gap) {
      const ink = theme.ink[slotColour(scene.slots[columns.service[row]])];
      labels.push({ text, x: Math.max(x0, 0) + gap, y, colour: ink });
    }
  }
  return labels;
}

/** Widths of digits, units and spaces, measured once a font: no text is measured in a redraw. */
export class Advances {
  private readonly widths = new Map<string, number>();
  private font = '';

  measure(context: { font: string; measureText(text: string): { width: number } }, text: string): number {
    if (context.font !== this.font) {
      this.widths.clear();
      this.font = context.font;
    }
    let sum = 0;
    for (const char of text) {
      let width = this.widths.get(char);
      if (width === undefined) {
        width = context.measureText(char).width;
        this.widths.set(char, width);
      }
      sum += width;
    }
    return sum;
  }
}
