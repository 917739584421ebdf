import { type ExportOrder, frameOf } from './export.ts';
import { barOf, extentOf, linesOnScreen, pictureSize } from './extent.ts';
import { isError, PLACEHOLDER } from './flags.ts';
import { formatCount } from './format.ts';
import { Ground, PLATE } from './ink.ts';
import { placeLabels } from './labels.ts';
import { CRITICAL, FAILED, HIT, Line } from './line.ts';
import { draw } from './draw.ts';
import { addLane } from './packed-line.ts';
import { Raster } from './raster.ts';
import type { Scene } from './scene.ts';
import { slotColour } from './slots.ts';
import { css, type Theme } from './theme.ts';
import { axisOf } from './ticks.ts';
import type { View } from './view.ts';

/** More shapes than that are slow to open in whatever shows SVG. */
export const SHAPES_MAX = 20_000;

const SWATCH_PX = 10;

/** The view as an SVG file, or why it cannot be one. `measure` answers CSS pixels in the font of `order`'s labels. */
export function exportSvg(
  scene: Scene,
  theme: Theme,
  order: ExportOrder,
  font: string,
  measure: (text: string) => number,
): { text: string } | { problem: string } {
  const view: View = { ...order.view, dpr: 1 };
  const shapes = new Shapes();
  for (const { x } of axisOf(view).ticks) shapes.rect(x, 0, 1, view.h, theme.line);
  const [from, to] = linesOnScreen(view, scene.lines);
  for (let line = from; line < to; line++) {
    if (scene.look.layout === 'packed') crowd(shapes, scene, view, theme, line, (into) => addLane(into, scene, view, line));
    else treeLine(shapes, scene, view, theme, line);
  }
  if (shapes.count > SHAPES_MAX) {
    const counts = `${formatCount(shapes.count)} shapes, more than the ${formatCount(SHAPES_MAX)}`;
    return { problem: `this view has ${counts} that an SVG may have; zoom in, or export PNG` };
  }
  const { width, height } = pictureSize(view);
  const pick = new Uint32Array((to - from) * Math.ceil(view.w));
  const pixels = new Uint32Array(width * height);
  draw(scene, view, theme, pixels, pick);
  const ground = new Ground(new Raster(pixels, width, height), theme, 1);
  const labels = placeLabels(scene, view, theme, { pick, ground }, measure);
  const frame = frameOf(scene, order, theme, measure);
  const texts = [
    ...labels.map((label) => {
      const [x, y] = [frame.left + label.x, frame.top + label.y];
      const plate = label.plate ? plateOf(x, y, measure(label.text), label.plate) : '';
      return plate + textOf(label.text, x, y, label.colour, false);
    }),
    ...frame.texts.map(({ text, x, y, colour, bold }) => textOf(text, x, y, colour, bold)),
  ];
  const swatches = frame.swatches.map(({ x, y, colour }) => `<rect x="${x}" y="${y}" width="${SWATCH_PX}" height="${SWATCH_PX}" fill="${colour}"/>`);
  const description = `${order.window}; ${formatCount(scene.columns.count)} rows, ${formatCount(scene.errors.length)} in error; trace ${order.traceId}`;
  const text = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${frame.width}" height="${frame.height}" viewBox="0 0 ${frame.width} ${frame.height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escaped(order.title)}</title>`,
    `<desc id="desc">${escaped(description)}</desc>`,
    `<rect width="100%" height="100%" fill="${css(theme.bg)}"/>`,
    `<svg x="${frame.left}" y="${frame.top}" width="${view.w}" height="${view.h}" viewBox="0 0 ${view.w} ${view.h}">`,
    ...shapes.markup,
    '</svg>',
    ...swatches,
    `<g font-family="${escaped(font.replace(/^[\d.]+px\s*/, ''))}" font-size="${Number.parseFloat(font)}">`,
    ...texts,
    '</g>',
    '</svg>',
  ].join('\n');
  return { text };
}

class Shapes {
  readonly markup: string[] = [];
  count = 0;

  /** Counts on after there are too many, so that it can be said how many there are. */
  rect(x: number, y: number, width: number, height: number, colour: number): void {
    this.count++;
    if (this.count > SHAPES_MAX) return;
    this.markup.push(`<rect x="${round(x)}" y="${y}" width="${round(width)}" height="${height}" fill="${css(colour)}"/>`);
  }
}

function treeLine(shapes: Shapes, scene: Scene, view: View, theme: Theme, line: number): void {
  const { columns, tree, stack, slots, details } = scene;
  const { index, lane } = stack.at(line);
  const row = tree.visible[index];
  if (lane) return;
  const { top, bottom } = barOf(view, line);
  const run = tree.standsForRun(row) ? tree.runs.of(row) : undefined;
  if (run) {
    crowd(shapes, scene, view, theme, line, (into) => into.addCrowd(scene, tree.runs.paintOrder(run), view.t0, 1 / view.nsPerPx));
  } else {
    const failed = isError(columns.flags[row]);
    const [x0, x1] = cut(view, extentOf(view, columns.start[row], columns.dur[row], failed ? 2 : 1));
    const slot = slotColour(slots[columns.service[row]]);
    const active = details.active.get(row);
    if (x1 > x0) {
      if (columns.flags[row] & PLACEHOLDER) shapes.rect(x0, bottom - 1, x1 - x0, 1, theme.line2);
      else shapes.rect(x0, top, x1 - x0, bottom - top, active ? theme.pale[slot] : theme.service[slot]);
      active?.start.forEach((start, i) => {
        const [a, b] = cut(view, extentOf(view, start, active.dur[i], 1));
        if (b > a) shapes.rect(a, top, b - a, bottom - top, theme.service[slot]);
      });
      if (failed) shapes.rect(x0, top, x1 - x0, 3, theme.error);
      if (scene.look.critical && scene.isCritical(row)) shapes.rect(x0, bottom, x1 - x0, 2, theme.critical);
      if (scene.hits?.[row]) shapes.rect(x0, bottom + 1, Math.max(4, x1 - x0), 2, theme.hitLine);
    }
  }
  for (const error of tree.errorsHiddenAt(index)) {
    const [a, b] = cut(view, extentOf(view, columns.start[error], columns.dur[error], 2));
    if (b > a) shapes.rect(a, top, b - a, 3, theme.error);
  }
}

/** A lane of many: pixels of one colour are one shape. */
function crowd(shapes: Shapes, scene: Scene, view: View, theme: Theme, line: number, add: (into: Line) => void): void {
  const { top, bottom } = barOf(view, line);
  const into = new Line();
  into.begin(Math.ceil(view.w));
  add(into);
  eachAlike(into, (x) => into.colourAt(scene, theme, x), (x, width, colour) => shapes.rect(x, top, width, bottom - top, colour));
  const marks: [number, number, number, number][] = [
    [FAILED, top, 3, theme.error],
    [CRITICAL, bottom, 2, theme.critical],
    [HIT, bottom + 1, 2, theme.hitLine],
  ];
  for (const [mark, y, height, colour] of marks) {
    const marked = (x: number) => (into.marks[x] & mark ? colour : 0);
    eachAlike(into, marked, (x, width) => shapes.rect(x, y, Math.max(2, width), height, colour));
  }
}

function eachAlike(line: Line, colourAt: (x: number) => number, found: (x: number, width: number, colour: number) => void): void {
  for (let x = line.from, end = x; x < line.to; x = end) {
    const colour = colourAt(x);
    for (end = x + 1; end < line.to && colourAt(end) === colour; ) end++;
    if (colour !== 0) found(x, end - x, colour);
  }
}

function cut(view: View, [x0, x1]: [number, number]): [number, number] {
  return [Math.max(0, x0), Math.min(view.w, x1)];
}

function plateOf(x: number, y: number, width: number, colour: string): string {
  return `<rect x="${round(x - PLATE.side)}" y="${round(y - PLATE.height / 2)}" width="${round(width + 2 * PLATE.side)}" height="${PLATE.height}" fill="${colour}"/>`;
}

function textOf(text: string, x: number, y: number, colour: string, bold: boolean): string {
  const weight = bold ? ' font-weight="600"' : '';
  return `<text x="${round(x)}" y="${round(y)}" dominant-baseline="central" fill="${colour}"${weight}>${escaped(text)}</text>`;
}

/** Names are strangers' text; what XML cannot have at all is left out. */
function escaped(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
