import type { Picture } from '../../engine/protocol.ts';

/** How far beside a bar a pointer may be. */
const TOLERANCE_PX = 3;

/** A place in the picture, and the span that was drawn there. */
export interface Picked {
  line: number;
  /** -1 if there is none within reach. */
  row: number;
  /** Where it was found, from the bars' left edge: the nearest pixel that has it. */
  x: number;
}

/** What the picture has at a place, in CSS pixels from the bars' left and top edge: a look-up, no drawing. */
export function pickedAt(picture: Pick<Picture, 'view' | 'pick' | 'rows'>, x: number, y: number): Picked {
  const { view, pick, rows } = picture;
  const width = Math.ceil(view.w);
  const at = Math.floor(x);
  const line = Math.floor(view.scrollRow + y / view.rowPx);
  const shown = rows.length === 0 ? -1 : line - rows[0].index;
  if (shown < 0 || shown >= rows.length) return { line: -1, row: -1, x: at };
  for (let far = 0; far <= TOLERANCE_PX; far++) {
    for (const near of [at - far, at + far]) {
      if (near < 0 || near >= width) continue;
      const row = pick[shown * width + near] - 1;
      if (row >= 0) return { line, row, x: near };
    }
  }
  return { line, row: -1, x: at };
}
