/** A picture in device pixels, row by row; what is not painted stays transparent. */
export class Raster {
  constructor(
    readonly pixels: Uint32Array,
    readonly width: number,
    readonly height: number,
  ) {}

  /** Fills `[x0, x1) × [y0, y1)`, cut to the picture. */
  fill(x0: number, y0: number, x1: number, y1: number, colour: number): void {
    const left = Math.max(0, x0);
    const right = Math.min(this.width, x1);
    if (left >= right) return;
    const bottom = Math.min(this.height, y1);
    for (let y = Math.max(0, y0); y < bottom; y++) {
      const line = y * this.width;
      this.pixels.fill(colour, line + left, line + right);
    }
  }

  /** The border of `[x0, x1) × [y0, y1)`, drawn inwards; with `dash`, in runs of that length. */
  frame(x0: number, y0: number, x1: number, y1: number, thick: number, colour: number, dash = 0): void {
    const run = dash || Math.max(1, this.width, this.height);
    const step = dash ? dash * 2 : run;
    // A long dashed line starts at the edge of the picture, not at the far left of its bar.
    const from = x0 + Math.max(0, Math.floor(-x0 / step)) * step;
    for (let x = from; x < Math.min(x1, this.width); x += step) {
      const end = Math.min(x + run, x1);
      this.fill(x, y0, end, y0 + thick, colour);
      this.fill(x, y1 - thick, end, y1, colour);
    }
    for (let y = y0; y < y1; y += step) {
      const end = Math.min(y + run, y1);
      this.fill(x0, y, x0 + thick, end, colour);
      this.fill(x1 - thick, y, x1, end, colour);
    }
  }

  /**
   * Lines at 45° through `[x0, x1) × [y0, y1)`, `period` pixels apart and half as thick; with `cross`, in both directions.
   * They are those of one pattern over the whole picture, so that neighbours go on where the one before ended.
   */
  hatch(x0: number, y0: number, x1: number, y1: number, period: number, colour: number, cross: boolean): void {
    const [left, right] = [Math.max(0, x0), Math.min(this.width, x1)];
    for (let y = Math.max(0, y0); y < Math.min(this.height, y1); y++) {
      for (let x = left; x < right; x++) {
        const on = (x + y) % period < period / 2 || (cross && (x - y + this.height * period) % period < period / 2);
        if (on) this.pixels[y * this.width + x] = colour;
      }
    }
  }

  /** A filled disc; with `hole`, a ring. */
  disc(cx: number, cy: number, radius: number, colour: number, hole = 0): void {
    for (let y = -radius; y <= radius; y++) {
      for (let x = -radius; x <= radius; x++) {
        const far = x * x + y * y;
        if (far <= radius * radius + 1 && far >= hole * hole) this.fill(cx + x, cy + y, cx + x + 1, cy + y + 1, colour);
      }
    }
  }
}
