import { draw } from './draw.ts';
import { linesOnScreen, pictureSize } from './extent.ts';
import { infoOf } from './info.ts';
import { Ground } from './ink.ts';
import { placeLabels } from './labels.ts';
import { drawOverview } from './overview.ts';
import type { Picture, Reply, Request, RowInfo } from './protocol.ts';
import { Raster } from './raster.ts';
import type { Scene } from './scene.ts';
import type { Image, Surface } from './surface.ts';
import { type Theme, themeOf, type Tokens } from './theme.ts';
import type { View } from './view.ts';

type Of<K extends Request['kind']> = Extract<Request, { kind: K }>;

/** Above so many pixels the raster is scaled down: a redraw must stay short on the largest screen. */
const RASTER_MAX = 4_000_000;

/** A picture's height goes in steps of so many pixels, so that scrolling past the last line seldom makes another size. */
const HEIGHT_STEP = 64;

/** What pictures are drawn on. */
export interface Surfaces {
  bars: Surface;
  /** For texts alone, where bars are drawn at a lower scale. */
  texts: Surface;
  overview: Surface;
}

/** Makes the pictures of a scene. */
export class Painter {
  theme: Theme = themeOf({});
  private overviewSize: Of<'overview'> | null = null;
  /** Rows that the last overview had. */
  overviewRows = 0;

  constructor(private readonly surfaces: Surfaces) {}

  dress(tokens: Tokens, font: string): void {
    this.theme = themeOf(tokens);
    for (const surface of Object.values(this.surfaces)) surface.font = font;
  }

  picture(scene: Scene, { seq, view: whole }: Of<'view'>): Picture {
    const began = performance.now();
    const asked = cutBelow(whole, scene.lines);
    const { bars, texts } = this.surfaces;
    const scale = Math.min(asked.dpr, Math.sqrt(RASTER_MAX / Math.max(1, asked.w * asked.h)));
    const view: View = { ...asked, dpr: scale };
    const { width, height } = pictureSize(view);
    const [from, to] = linesOnScreen(view, scene.lines);
    const pick = new Uint32Array(Math.max(0, to - from) * Math.ceil(view.w));
    const pixels = bars.begin(width, height);
    draw(scene, view, this.theme, pixels, pick);
    const apart = scale < asked.dpr;
    if (apart) texts.begin(...sizeOf(asked));
    const written = apart ? texts : bars;
    const measure = (text: string) => written.measure(text, asked.dpr);
    const ground = new Ground(new Raster(pixels, width, height), this.theme, asked.dpr, scale / asked.dpr);
    const labels = placeLabels(scene, asked, this.theme, { pick, ground }, measure);
    const image = bars.end(apart ? [] : labels, scale);
    const rows: RowInfo[] = [];
    for (let line = from; line < to; line++) rows.push(infoOf(scene, line, view));
    return {
      kind: 'picture',
      seq,
      view: whole,
      height: asked.h,
      image,
      text: apart ? texts.end(labels, asked.dpr) : null,
      pick,
      rows,
      visible: scene.lines,
      layout: scene.look.layout,
      total: scene.columns.count,
      took: performance.now() - began,
    };
  }

  /** The whole trace in little, once its size is known. */
  overview(scene: Scene, size: Of<'overview'> | null = null): Extract<Reply, { kind: 'overview' }> | null {
    this.overviewSize = size ?? this.overviewSize;
    if (!this.overviewSize || scene.columns.count === 0) return null;
    const { w, h, dpr } = this.overviewSize;
    const width = Math.max(1, Math.round(w * dpr));
    const height = Math.max(1, Math.round(h * dpr));
    drawOverview(scene, this.theme, width, height, this.surfaces.overview.begin(width, height));
    this.overviewRows = scene.columns.count;
    return { kind: 'overview', image: this.surfaces.overview.end([], dpr) };
  }
}

/** What of a reply is handed over instead of copied. */
export function movable(...parts: (Image | ArrayBuffer | null)[]): Transferable[] {
  return parts.filter((part) => part instanceof ArrayBuffer || (typeof ImageBitmap !== 'undefined' && part instanceof ImageBitmap)) as Transferable[];
}

/** The view without most of what is blank below the last line: pixels cost the same whether anything is on them or not. */
function cutBelow(view: View, lines: number): View {
  const below = Math.max(1, (lines - view.scrollRow) * view.rowPx);
  return { ...view, h: Math.min(view.h, Math.ceil(below / HEIGHT_STEP) * HEIGHT_STEP) };
}

function sizeOf(view: View): [number, number] {
  const { width, height } = pictureSize(view);
  return [width, height];
}
