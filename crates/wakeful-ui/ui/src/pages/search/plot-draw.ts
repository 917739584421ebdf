import { readColours } from '../../theme/theme.ts';
import type { Heat } from './heat-decode.ts';
import { cellRect, type Dot, levelOf, MARGIN, type Rect, type Scale } from './plot.ts';

interface Picture {
  scale: Scale;
  heat: Heat | null;
  dots: readonly Dot[];
  /** Index of the dot that is pointed at; −1 for none. */
  active: number;
  box: Rect | null;
}

const HEATS = [1, 2, 3, 4, 5, 6].map((level) => `heat-${level}`);
/** An error is seen at every size. */
const ERROR_PX = 2;

/** Draws lines, cells, dots and the marked box, in the colours of the theme. */
export function drawPlot(canvas: HTMLCanvasElement, { scale, heat, dots, active, box }: Picture): void {
  const { width, height } = scale;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.inlineSize = `${width}px`;
  canvas.style.blockSize = `${height}px`;
  const context = canvas.getContext('2d');
  if (!context) return;
  const colour = readColours(['line', 'accent', 'error', 'text', 'bg', ...HEATS]);
  context.scale(ratio, ratio);

  context.fillStyle = colour.line;
  for (const { y } of scale.rows) context.fillRect(MARGIN.left - 4, y, width - MARGIN.left, 1);

  const highest = heat?.cells.reduce((most, cell) => Math.max(most, cell.count), 0) ?? 0;
  for (const cell of heat?.cells ?? []) {
    const { x, y, w, h } = cellRect(heat as Heat, cell, scale);
    context.fillStyle = colour[`heat-${levelOf(cell.count, highest)}`];
    context.fillRect(x, y, w, h);
    if (cell.errors > 0) {
      context.fillStyle = colour.error;
      context.fillRect(x, y, Math.max(w, ERROR_PX), ERROR_PX);
    }
  }

  dots.forEach((dot, index) => {
    const chief = dot.failed ? colour.error : colour.accent;
    context.beginPath();
    context.arc(dot.x, dot.y, dot.r, 0, 2 * Math.PI);
    context.globalAlpha = 0.35;
    context.fillStyle = chief;
    context.fill();
    context.globalAlpha = 1;
    // A ring of the background sets dots apart from cells of their own colour.
    context.lineWidth = 3;
    context.strokeStyle = colour.bg;
    context.stroke();
    context.lineWidth = index === active ? 2.5 : 1.5;
    context.strokeStyle = index === active ? colour.text : chief;
    context.stroke();
    if (dot.failed) {
      context.beginPath();
      context.moveTo(dot.x - 3, dot.y - 3);
      context.lineTo(dot.x + 3, dot.y + 3);
      context.moveTo(dot.x + 3, dot.y - 3);
      context.lineTo(dot.x - 3, dot.y + 3);
      context.lineWidth = 1.5;
      context.strokeStyle = colour.error;
      context.stroke();
    }
  });

  if (box) {
    context.globalAlpha = 0.12;
    context.fillStyle = colour.accent;
    context.fillRect(box.x, box.y, box.w, box.h);
    context.globalAlpha = 1;
    context.setLineDash([4, 3]);
    context.lineWidth = 1.5;
    context.strokeStyle = colour.text;
    context.strokeRect(box.x, box.y, box.w, box.h);
    context.setLineDash([]);
  }
}
