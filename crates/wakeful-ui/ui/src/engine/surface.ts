import { Advances } from './advances.ts';
import { PLATE } from './ink.ts';
import type { Label } from './labels.ts';

/** A picture that the page can show. */
export type Image = ImageBitmap | HTMLCanvasElement;

export type Canvas = OffscreenCanvas | HTMLCanvasElement;
type Context = OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D;

/** Turns pixels and labels into an image; keeps its canvas and buffer from one redraw to the next. */
export class Surface {
  font = '';
  private canvas: Canvas | null = null;
  private context: Context | null = null;
  private data: ImageData | null = null;
  private readonly advances = new Advances();

  constructor(readonly make: (width: number, height: number) => Canvas) {}

  /** The pixels to draw into, `width × height`. */
  begin(width: number, height: number): Uint32Array<ArrayBuffer> {
    if (!this.canvas) {
      this.canvas = this.make(width, height);
      // Pixels come from this thread, so the canvas is kept where it can reach them: that halves the cost of putting them.
      this.context = this.canvas.getContext('2d', { willReadFrequently: true }) as Context | null;
    }
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    if (this.data?.width !== width || this.data.height !== height) this.data = new ImageData(width, height);
    return new Uint32Array(this.data.data.buffer as ArrayBuffer);
  }

  /** The width of a text in device pixels, in the font at `scale`. */
  measure(text: string, scale: number): number {
    if (!this.context) return Number.POSITIVE_INFINITY;
    this.useFont(this.context, scale);
    return this.advances.measure(this.context, text);
  }

  /** The image of what stands in the pixels, with the labels over it. */
  end(labels: readonly Label[], scale: number): Image {
    if (!this.canvas || !this.context || !this.data) throw new Error('the browser gave no canvas to draw on');
    this.context.putImageData(this.data, 0, 0);
    this.useFont(this.context, scale);
    this.context.textBaseline = 'middle';
    const { context } = this;
    for (const label of labels) {
      if (label.plate) {
        const [side, high] = [PLATE.side * scale, PLATE.height * scale];
        context.fillStyle = label.plate;
        context.fillRect(label.x - side, label.y - high / 2, this.advances.measure(context, label.text) + 2 * side, high);
      }
      context.fillStyle = label.colour;
      context.fillText(label.text, label.x, label.y);
    }
    return 'transferToImageBitmap' in this.canvas ? this.canvas.transferToImageBitmap() : this.canvas;
  }

  private useFont(context: Context, scale: number): void {
    const font = this.font.replace(/^([\d.]+)px/, (_, px) => `${Number(px) * scale}px`);
    if (context.font !== font) context.font = font;
  }
}
