import type { View } from '../../engine/view.ts';

/** Below this width a row has its name over its bar, and there is no name column. */
const NARROW_PX = 700;
const NAME_MIN = 140;
export const NAME_DEFAULT = 340;

export interface Layout {
  narrow: boolean;
  /** Width of the name column, 0 if narrow. */
  name: number;
  rows: Pick<View, 'rowPx' | 'barTop' | 'barPx' | 'namesAbove'>;
}

/**
 * How rows are laid out on a width, for fine and coarse pointers. `name` is the width that the user chose; packed lanes have
 * names in their bars, and no column for them.
 */
export function layoutFor(width: number, coarse: boolean, name: number, packed: boolean): Layout {
  if (packed) {
    const rows = coarse
      ? { rowPx: 44, barTop: 4, barPx: 36, namesAbove: false }
      : { rowPx: 20, barTop: 2, barPx: 15, namesAbove: false };
    return { narrow: width < NARROW_PX, name: 0, rows };
  }
  if (width < NARROW_PX) return { narrow: true, name: 0, rows: { rowPx: 44, barTop: 26, barPx: 12, namesAbove: true } };
  const rows = coarse
    ? { rowPx: 44, barTop: 15, barPx: 14, namesAbove: false }
    : { rowPx: 24, barTop: 5, barPx: 14, namesAbove: false };
  return { narrow: false, name: nameWidth(name, width), rows };
}

export function nameWidth(wanted: number, width: number): number {
  return Math.round(Math.min(Math.max(wanted, NAME_MIN), width * 0.6));
}
