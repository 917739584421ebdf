import type { Image } from '../../engine/surface.ts';

/** Puts an image of the engine on a canvas: a bitmap is handed over, a canvas is copied. */
export function present(canvas: HTMLCanvasElement, image: Image): void {
  if (image instanceof HTMLCanvasElement) {
    canvas.width = image.width;
    canvas.height = image.height;
    canvas.getContext('2d')?.drawImage(image, 0, 0);
    return;
  }
  // A bitmap that was shown already has been emptied by that.
  if (image.width > 0) canvas.getContext('bitmaprenderer')?.transferFromImageBitmap(image);
}

/** Empties a canvas that may have shown an image. */
export function blank(canvas: HTMLCanvasElement): void {
  if (canvas.width > 1) canvas.width = canvas.height = 1;
}
