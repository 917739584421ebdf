import { Claims } from './claim.ts';
import { isError, OPEN } from './flags.ts';
import type { Raster } from './raster.ts';
import type { Scene } from './scene.ts';
import { slotColour, slotMarked } from './slots.ts';
import type { Theme } from './theme.ts';

/** What a pixel's spans have in common, beside their winner. */
export const FAILED = 1;
export const HIT = 2;
export const CRITICAL = 4;
export const UNENDED = 8;

/** Runs of merged pixels from this length on have a dotted edge. */
const DOTTED_MIN = 4;
const HIT_MIN_PX = 4;
const NOTCH_MIN_PX = 8;
/** Bars at least this long are set apart from their neighbours by a pixel. */
const GAP_FROM_PX = 4;

/** The marks of one row. */
export function marksOf(scene: Scene, row: number): number {
  const flags = scene.columns.flags[row];
  let marks = isError(flags) ? FAILED : 0;
  if (flags & OPEN) marks |= UNENDED;
  if (scene.hits?.[row]) marks |= HIT;
  if (scene.look.critical && scene.isCritical(row)) marks |= CRITICAL;
  return marks;
}

/** Who wins a pixel: errors, then find hits, then open spans, then the longest. `nanos` is below 2^53. */
export function rankOf(marks: number, nanos: number): number {
  if (marks & FAILED) return 3e16 + nanos;
  if (marks & HIT) return 2e16 + nanos;
  return marks & UNENDED ? 1e16 + nanos : nanos;
}

/** One lane by device pixel: who wins it, how many spans it stands for, how much of it they cover. */
export class Line {
  /** Row + 1, or 0. */
  winner = new Uint32Array(0);
  count = new Uint32Array(0);
  /** Of the pixel, 0 to 1. */
  cover = new Float32Array(0);
  marks = new Uint8Array(0);
  /** Pixels that have something: `[from, to)`. */
  from = 0;
  to = 0;
  private rank = new Float64Array(0);
  private width = 0;
  private readonly claims = new Claims();

  begin(width: number): void {
    if (this.winner.length < width) {
      this.winner = new Uint32Array(width);
      this.count = new Uint32Array(width);
      this.cover = new Float32Array(width);
      this.marks = new Uint8Array(width);
      this.rank = new Float64Array(width);
    } else if (this.to > this.from) {
      const { from, to } = this;
      this.winner.fill(0, from, to);
      this.count.fill(0, from, to);
      this.cover.fill(0, from, to);
      this.marks.fill(0, from, to);
      this.rank.fill(0, from, to);
    }
    this.width = width;
    this.from = width;
    this.to = 0;
  }

  /** A span of a lane in which none overlaps another; `a` and `b` are device pixels. */
  add(row: number, a: number, b: number, marks: number, rank: number, gap: number): void {
    if (b < 0 || a >= this.width) return;
    const x0 = a < 0 ? 0 : Math.floor(a);
    let x1 = b >= this.width ? this.width : Math.round(b);
    if (x1 <= x0 + 1) {
      this.merge(x0, row, 1, Math.min(1, Math.max(b - a, 0)), marks, rank);
      return;
    }
    if (x1 - x0 >= GAP_FROM_PX * gap && x1 < this.width) x1 -= gap;
    for (let x = x0; x < x1; x++) this.merge(x, row, 1, 1, marks, rank);
  }

  /** What a pixel has already, and more. */
  merge(x: number, row: number, count: number, cover: number, marks: number, rank: number): void {
    if (x < this.from) this.from = x;
    if (x >= this.to) this.to = x + 1;
    this.count[x] += count;
    this.cover[x] += cover;
    this.marks[x] |= marks;
    if (this.winner[x] !== 0 && rank <= this.rank[x]) return;
    this.rank[x] = rank;
    this.winner[x] = row + 1;
  }

  /** Spans that may overlap, in the order of `paintOrder`; times become pixels by `(time - t0) * scale`. */
  addCrowd(scene: Scene, order: Uint32Array, t0: number, scale: number): void {
    const { start, dur } = scene.columns;
    const { width, claims } = this;
    claims.reset(width);
    for (const row of order) {
      const a = (start[row] - t0) * scale;
      const b = a + dur[row] * scale;
      if (b < 0 || a >= width) continue;
      const marks = marksOf(scene, row);
      const x0 = a < 0 ? 0 : Math.floor(a);
      const x1 = b >= width ? width : Math.round(b);
      if (x1 <= x0 + 1) {
        this.merge(x0, row, 1, b - a, marks, rankOf(marks, dur[row]));
        continue;
      }
      // Where another has won, this one counts where it begins: that is where a pointer looks for it.
      this.count[x0]++;
      this.marks[x0] |= marks;
      for (let x = claims.free(x0); x < x1; x = claims.free(x)) {
        this.merge(x, row, x === x0 ? 0 : 1, 1, marks, rankOf(marks, dur[row]));
        claims.take(x);
      }
    }
  }

  /** Paints what has been added as bars from `top` to `bottom`, then what is drawn over bars. */
  paint(raster: Raster, scene: Scene, theme: Theme, top: number, bottom: number, px: number): void {
    if (this.to <= this.from) return;
    this.paintBars(raster, scene, theme, top, bottom);
    this.notchMarked(raster, scene, theme, top, bottom, px);
    this.dotMerged(raster, theme, top, px);
    this.paintMarks(raster, theme, top, bottom, px);
  }

  /** The winner's colour, the paler the less is covered; 0 where nothing is. */
  colourAt({ slots, columns }: Scene, theme: Theme, x: number): number {
    const winner = this.winner[x];
    if (winner === 0) return 0;
    const slot = slotColour(slots[columns.service[winner - 1]]);
    const shade = this.cover[x] >= 1 ? 3 : Math.max(0, Math.ceil(this.cover[x] * 4) - 1);
    return theme.shades[slot * 4 + shade];
  }

  private paintBars(raster: Raster, scene: Scene, theme: Theme, top: number, bottom: number): void {
    const { winner, from, to } = this;
    const { pixels, width } = raster;
    const first = Math.max(0, top);
    const last = Math.min(raster.height, bottom);
    if (first >= last) return;
    const line = first * width;
    for (let x = from; x < to; x++) {
      if (winner[x] !== 0) pixels[line + x] = this.colourAt(scene, theme, x);
    }
    // All lines of a bar are equal, and so is what shines through between bars.
    for (let y = first + 1; y < last; y++) pixels.copyWithin(y * width + from, line + from, line + to);
  }

  /** Services after the first twelve have colours of others, and a notch where their bars have room for one. */
  private notchMarked(raster: Raster, scene: Scene, theme: Theme, top: number, bottom: number, px: number): void {
    const { winner, to } = this;
    const { slots, columns } = scene;
    if (!slots.some(slotMarked)) return;
    for (let x = this.from, end = x; x < to; x = end) {
      for (end = x + 1; end < to && winner[end] === winner[x]; ) end++;
      if (winner[x] === 0 || end - x <= NOTCH_MIN_PX * px || !slotMarked(slots[columns.service[winner[x] - 1]])) continue;
      raster.fill(x, top + 4 * px, x + 3 * px, bottom - 4 * px, theme.bg);
    }
  }

  /** Pixels that stand for more than one span have a dotted edge. */
  private dotMerged(raster: Raster, theme: Theme, top: number, px: number): void {
    const { count, to } = this;
    for (let x = this.from; x < to; x++) {
      if (count[x] < 2) continue;
      const from = x;
      while (x < to && count[x] > 1) x++;
      if (x - from < DOTTED_MIN * px) continue;
      for (let dot = from; dot + px <= x; dot += 2 * px) raster.fill(dot, top, dot + px, top + px, theme.bg);
    }
  }

  private paintMarks(raster: Raster, theme: Theme, top: number, bottom: number, px: number): void {
    for (let x = this.from; x < this.to; x++) {
      const marks = this.marks[x];
      if ((marks & (FAILED | HIT | CRITICAL)) === 0) continue;
      const end = this.alike(x);
      if (marks & CRITICAL) raster.fill(x, bottom, end, bottom + 2 * px, theme.critical);
      if (marks & HIT) {
        const y = bottom + (marks & CRITICAL ? 2 : 1) * px;
        raster.fill(x, y, Math.max(end, x + HIT_MIN_PX * px), y + 2 * px, theme.hitLine);
      }
      if (marks & FAILED) raster.fill(x, top, Math.max(end, x + 2 * px), top + 3 * px, theme.error);
      x = end - 1;
    }
  }

  /** Where the pixels that have the marks of `x` end. */
  private alike(x: number): number {
    let end = x + 1;
    while (end < this.to && this.marks[end] === this.marks[x]) end++;
    return end;
  }
}
