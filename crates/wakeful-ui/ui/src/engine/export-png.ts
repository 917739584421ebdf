import { draw } from './draw.ts';
import { type ExportOrder, frameOf } from './export.ts';
import { linesOnScreen, pictureSize } from './extent.ts';
import { Ground } from './ink.ts';
import { placeLabels } from './labels.ts';
import { Raster } from './raster.ts';
import type { Scene } from './scene.ts';
import type { Canvas, Surface } from './surface.ts';
import { css, type Theme } from './theme.ts';
import type { View } from './view.ts';

const SWATCH_PX = 10;

/** The view and what is around it as a PNG file, put together on `sheet`. */
export async function exportPng(scene: Scene, theme: Theme, order: ExportOrder, bars: Surface, sheet: Canvas): Promise<Blob> {
  const { scale } = order;
  const view: View = { ...order.view, dpr: scale };
  const { width, height } = pictureSize(view);
  const [from, to] = linesOnScreen(view, scene.lines);
  const pick = new Uint32Array((to - from) * Math.ceil(view.w));
  const pixels = bars.begin(width, height);
  draw(scene, view, theme, pixels, pick);
  const ground = new Ground(new Raster(pixels, width, height), theme, scale);
  const labels = placeLabels(scene, view, theme, { pick, ground }, (text) => bars.measure(text, scale));
  const picture = bars.end(labels, scale);

  const frame = frameOf(scene, order, theme, (text) => bars.measure(text, scale) / scale);
  sheet.width = Math.round(frame.width * scale);
  sheet.height = Math.round(frame.height * scale);
  const context = sheet.getContext('2d') as CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null;
  if (!context) throw new Error('the browser gave no canvas to draw on');
  context.fillStyle = css(theme.bg);
  context.fillRect(0, 0, sheet.width, sheet.height);
  context.drawImage(picture, Math.round(frame.left * scale), Math.round(frame.top * scale));
  context.scale(scale, scale);
  context.textBaseline = 'middle';
  for (const { x, y, colour } of frame.swatches) {
    context.fillStyle = colour;
    context.fillRect(x, y, SWATCH_PX, SWATCH_PX);
  }
  for (const { text, x, y, colour, bold } of frame.texts) {
    context.font = bold ? `600 ${bars.font}` : bars.font;
    context.fillStyle = colour;
    context.fillText(text, x, y);
  }
  return blobOf(sheet);
}

function blobOf(canvas: Canvas): Promise<Blob> {
  if ('convertToBlob' in canvas) return canvas.convertToBlob({ type: 'image/png' });
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the browser could not make a PNG of the picture'))), 'image/png');
  });
}
