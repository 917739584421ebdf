import type { Raster } from './raster.ts';
import { css, packed, type Theme } from './theme.ts';

/** In what a text is written, and what is put under it where no ink is enough; CSS colours. */
export interface Ink {
  colour: string;
  plate?: string;
}

/** The size of what is put under a text: how high, and how far it reaches beyond the text on each side; CSS pixels. */
export const PLATE = { height: 12, side: 2 };

/** WCAG 2.2, 1.4.3: what text needs. */
const CONTRAST_MIN = 4.5;
/** A colour that has less of the ground than this is a tick or a rim, which no letter is lost in. */
const SHARE_MIN = 0.05;
/** So far above and below its middle a text has letters; CSS pixels. */
const REACH_PX = 4;

/** The picture that is written on: it chooses the ink by what is there. */
export class Ground {
  private readonly inks: readonly { colour: string; light: number }[];
  private readonly bg: number;

  /** `scale` is the raster's pixels for one of those in which texts are placed; `dpr` the latter's for a CSS pixel. */
  constructor(
    private readonly raster: Raster,
    theme: Theme,
    private readonly dpr: number,
    private readonly scale = 1,
  ) {
    this.bg = theme.bg;
    this.inks = [...new Set([theme.strong, ...theme.ink])].map((colour) => ({ colour, light: luminance(packed(colour)) }));
  }

  /** For a text from `x0` to `x1` whose middle is at `y`. */
  inkFor(x0: number, x1: number, y: number): Ink {
    const counts = this.colours(x0, x1, y);
    let total = 0;
    for (const count of counts.values()) total += count;
    const grounds = [...counts].filter(([, count]) => count >= total * SHARE_MIN).sort((a, b) => b[1] - a[1]);
    const best = this.bestOn(grounds.map(([colour]) => colour));
    if (best.contrast >= CONTRAST_MIN || grounds.length < 2) return { colour: best.colour };
    const [most] = grounds[0];
    return { colour: this.bestOn([most]).colour, plate: css(most) };
  }

  private bestOn(grounds: readonly number[]): { colour: string; contrast: number } {
    const lights = grounds.map(luminance);
    let best = { colour: this.inks[0]?.colour ?? '', contrast: 0 };
    for (const { colour, light } of this.inks) {
      const contrast = Math.min(...lights.map((ground) => contrastOf(light, ground)));
      if (contrast > best.contrast) best = { colour, contrast };
    }
    return best;
  }

  /** How many pixels each colour has there; where nothing was drawn the background shines through. */
  private colours(x0: number, x1: number, y: number): Map<number, number> {
    const { pixels, width, height } = this.raster;
    const [left, right] = [Math.max(0, Math.floor(x0 * this.scale)), Math.min(width, Math.ceil(x1 * this.scale))];
    const step = Math.max(1, Math.floor(this.dpr * this.scale));
    const middle = Math.floor(y * this.scale);
    const counts = new Map<number, number>();
    for (let line = middle - REACH_PX * step; line <= middle + REACH_PX * step; line += step) {
      if (line < 0 || line >= height) continue;
      for (let x = left, end = x; x < right; x = end) {
        const pixel = pixels[line * width + x];
        for (end = x + 1; end < right && pixels[line * width + end] === pixel; ) end++;
        const colour = pixel === 0 ? this.bg : pixel;
        counts.set(colour, (counts.get(colour) ?? 0) + end - x);
      }
    }
    return counts;
  }
}

/** WCAG 2.2's contrast of two luminances. */
function contrastOf(a: number, b: number): number {
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** WCAG 2.2's relative luminance of an opaque pixel. */
function luminance(pixel: number): number {
  const [r, g, b] = [0, 8, 16].map((shift) => {
    const channel = ((pixel >>> shift) & 255) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
