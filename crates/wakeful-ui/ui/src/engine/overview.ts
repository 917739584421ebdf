import { Claims, paintOrder } from './claim.ts';
import { isError } from './flags.ts';
import type { Scene } from './scene.ts';
import { slotColour } from './slots.ts';
import { mixed, type Theme } from './theme.ts';

const LANE_MAX_PX = 6;
const EMPTY = 0xffffffff;

/**
 * Draws every span of the trace on `width × height` device pixels, rows from top to bottom as the tree has them. One pixel
 * has one winner: errors first, then the longest. Long spans are taken in that order and skip what is taken at once, so the
 * cost is one step a span plus the pixels. What is thinner than a pixel colours it by the share that is covered.
 */
export function drawOverview(scene: Scene, theme: Theme, width: number, height: number, out: Uint32Array): void {
  const { columns } = scene;
  out.fill(0);
  if (columns.count === 0) return;
  const lanePx = Math.max(1, Math.min(LANE_MAX_PX, Math.floor(height / columns.count)));
  const lanes = Math.min(columns.count, Math.floor(height / lanePx));
  const winner = new Uint32Array(lanes * width).fill(EMPTY);
  const covered = new Float32Array(lanes * width);
  claim(scene, width, lanes, winner, covered);

  for (let cell = 0; cell < winner.length; cell++) {
    if (winner[cell] === EMPTY) continue;
    const row = winner[cell];
    const full = theme.service[slotColour(scene.slots[columns.service[row]])];
    const shade = Math.ceil(Math.min(1, covered[cell]) * 4) / 4;
    const colour = isError(columns.flags[row]) ? theme.error : mixed(full, theme.bg, Math.max(0.25, shade));
    const x = cell % width;
    const y = Math.floor(cell / width) * lanePx;
    for (let line = 0; line < Math.max(1, lanePx - 1); line++) out[(y + line) * width + x] = colour;
  }
}

function claim(scene: Scene, width: number, lanes: number, winner: Uint32Array, covered: Float32Array): void {
  const { start, dur, flags, count } = scene.columns;
  const scale = width / Math.max(1, scene.duration);
  const long = new Uint32Array(count);
  let longs = 0;
  // The longest of those within one pixel needs no order: one pass in the order of memory finds it.
  const best = new Float64Array(lanes * width).fill(-1);
  for (let row = 0; row < count; row++) {
    const reach = dur[row] * scale;
    if (reach >= 1) {
      long[longs++] = row;
      continue;
    }
    const cell = Math.floor((row * lanes) / count) * width + Math.min(width - 1, Math.floor(start[row] * scale));
    covered[cell] += reach;
    const rank = isError(flags[row]) ? Number.POSITIVE_INFINITY : dur[row];
    if (rank <= best[cell]) continue;
    best[cell] = rank;
    winner[cell] = row;
  }

  const claims = Array.from({ length: lanes }, () => new Claims());
  for (const lane of claims) lane.reset(width);
  for (const row of paintOrder(scene.columns, long.subarray(0, longs))) {
    const lane = Math.floor((row * lanes) / count);
    const from = Math.min(width - 1, Math.floor(start[row] * scale));
    const to = Math.min(width, Math.max(from + 1, Math.round((start[row] + dur[row]) * scale)));
    for (let x = claims[lane].free(from); x < to; x = claims[lane].free(x)) {
      const cell = lane * width + x;
      if (best[cell] !== Number.POSITIVE_INFINITY) winner[cell] = row;
      covered[cell] = 1;
      claims[lane].take(x);
    }
  }
}
