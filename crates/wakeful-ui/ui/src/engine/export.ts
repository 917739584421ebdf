import { fitted } from './advances.ts';
import { linesOnScreen } from './extent.ts';
import { isError, PLACEHOLDER } from './flags.ts';
import { formatCount } from './format.ts';
import { infoOf } from './info.ts';
import type { Scene } from './scene.ts';
import { slotColour } from './slots.ts';
import { css, type Theme } from './theme.ts';
import { axisOf } from './ticks.ts';
import type { View } from './view.ts';

/** What is to be exported: the view as it is drawn, and what is written around it. */
export interface ExportOrder {
  format: 'png' | 'svg';
  /** Device pixels a CSS pixel; for PNG. */
  scale: 1 | 2;
  view: View;
  /** Service and operation of the trace. */
  title: string;
  traceId: string;
  /** The window of time in words. */
  window: string;
  /** Records known to be lost in the trace's time. */
  lost: string;
}

export interface PlacedText {
  text: string;
  x: number;
  /** The middle of the letters. */
  y: number;
  /** CSS colour. */
  colour: string;
  bold: boolean;
}

/** All that is written around the bars; CSS pixels. */
export interface Frame {
  width: number;
  height: number;
  /** The bars' left and top edge. */
  left: number;
  top: number;
  texts: PlacedText[];
  /** Squares of the legend. */
  swatches: { x: number; y: number; colour: string }[];
}

const NAMES_PX = 300;
const LINE_PX = 20;
const AXIS_PX = 24;
const PADDING_PX = 12;
const SWATCH_PX = 10;
const INDENT_PX = 12;
const INDENT_MAX = 12;

/** Title, trace, window, legend, axis and names around a view; `measure` answers CSS pixels. */
export function frameOf(scene: Scene, order: ExportOrder, theme: Theme, measure: (text: string) => number): Frame {
  const { view } = order;
  const packed = scene.look.layout === 'packed';
  const left = packed ? PADDING_PX : NAMES_PX;
  const width = left + view.w + PADDING_PX;
  const texts: PlacedText[] = [];
  const swatches: Frame['swatches'] = [];
  const write = (text: string, x: number, y: number, colour = theme.strong, bold = false) => {
    const shown = fitted(text, width - x - PADDING_PX, measure);
    if (shown) texts.push({ text: shown, x, y, colour, bold });
  };
  let y = PADDING_PX + LINE_PX / 2;
  write(order.title, PADDING_PX, y, theme.strong, true);
  y += LINE_PX;
  const facts = [order.traceId, order.window, `${formatCount(scene.columns.count)} rows`];
  if (order.lost !== '0') facts.push(`${order.lost} records lost`);
  write(facts.join(' · '), PADDING_PX, y, theme.label);
  y += LINE_PX;
  let x = PADDING_PX;
  scene.columns.services.forEach((name, code) => {
    if (name === '' || scene.look.hidden.includes(name)) return;
    const room = SWATCH_PX + 6 + measure(name) + 16;
    if (x > PADDING_PX && x + room > width - PADDING_PX) {
      x = PADDING_PX;
      y += LINE_PX;
    }
    swatches.push({ x, y: y - SWATCH_PX / 2, colour: css(theme.service[slotColour(scene.slots[code])]) });
    write(name, x + SWATCH_PX + 6, y, theme.label);
    x += room;
  });
  const top = y + LINE_PX / 2 + AXIS_PX;
  const { ticks, offset } = axisOf(view);
  if (offset) write(offset, PADDING_PX, top - AXIS_PX / 2, theme.label);
  for (const tick of ticks) {
    const at = left + tick.x + 3;
    if (at + measure(tick.label) <= width) write(tick.label, at, top - AXIS_PX / 2, theme.label);
  }
  if (!packed) names(scene, view, theme, top, measure, texts, swatches);
  return { width, height: top + view.h + PADDING_PX, left, top, texts, swatches };
}

function names(
  scene: Scene,
  view: View,
  theme: Theme,
  top: number,
  measure: (text: string) => number,
  texts: PlacedText[],
  swatches: Frame['swatches'],
): void {
  const [from, to] = linesOnScreen(view, scene.lines);
  for (let line = from; line < to; line++) {
    const info = infoOf(scene, line, view);
    const x = PADDING_PX + Math.min(info.level - 1, INDENT_MAX) * INDENT_PX;
    const y = top + (line - view.scrollRow + 0.5) * view.rowPx;
    if (y < top || y > top + view.h) continue;
    const marks = [info.run ? `×${formatCount(info.run.count)}` : '', isError(info.flags) ? '!' : ''];
    const name = info.flags & PLACEHOLDER ? `parent ${info.name} not received` : info.name;
    const text = fitted([info.lane || name, ...marks].filter(Boolean).join(' '), NAMES_PX - x - SWATCH_PX - 14, measure);
    swatches.push({ x, y: y - SWATCH_PX / 2, colour: css(theme.service[slotColour(info.slot)]) });
    texts.push({ text, x: x + SWATCH_PX + 6, y, colour: theme.strong, bold: false });
  }
}
