import { type Columns, NO_ROW } from './columns.ts';

/** Up to so many rows a trace opens unfolded. */
const UNFOLDED_MAX = 2_000;

/** Which rows are folded, and so which are visible. */
export class Tree {
  /** Rows on screen from top to bottom, if the screen were long enough; the first `count` count. */
  visible = new Uint32Array(0);
  count = 0;
  private closed = new Uint8Array(0);
  private touched = false;

  constructor(private readonly columns: Columns) {}

  /** Takes in rows that were appended; until the user folds something, folding follows the size of the trace. */
  grow(): void {
    const { count } = this.columns;
    if (this.closed.length < count) {
      const closed = new Uint8Array(this.columns.start.length);
      closed.set(this.closed);
      this.closed = closed;
      this.visible = new Uint32Array(this.columns.start.length);
    }
    if (!this.touched) this.closeBelow(openingLevel(this.columns));
    this.rebuild();
  }

  isOpen(row: number): boolean {
    return this.closed[row] === 0;
  }

  set(row: number, open: boolean): void {
    if (this.columns.children[row] === 0) return;
    this.touched = true;
    this.closed[row] = open ? 0 : 1;
    this.rebuild();
  }

  /** The row and everything below it. */
  setSubtree(row: number, open: boolean): void {
    this.touched = true;
    const end = row + this.columns.size[row];
    for (let r = row; r < end; r++) this.closed[r] = open || this.columns.children[r] === 0 ? 0 : 1;
    this.rebuild();
  }

  setAll(open: boolean): void {
    this.touched = true;
    this.closeBelow(open ? 0xffff : 1);
    this.rebuild();
  }

  /** One level more or less than the deepest on screen. */
  step(by: 1 | -1): void {
    this.touched = true;
    const { depth } = this.columns;
    let deepest = 1;
    for (let i = 0; i < this.count; i++) deepest = Math.max(deepest, depth[this.visible[i]]);
    this.closeBelow(Math.max(1, deepest + by));
    this.rebuild();
  }

  /** Opens the ancestors of every row of the list. */
  reveal(rows: Iterable<number>): void {
    const { parent } = this.columns;
    let changed = false;
    for (const row of rows) {
      for (let above = parent[row]; above !== NO_ROW; above = parent[above]) {
        if (this.closed[above]) {
          this.closed[above] = 0;
          changed = true;
        }
      }
    }
    if (!changed) return;
    this.touched = true;
    this.rebuild();
  }

  /** Where a row stands among the visible ones; of a hidden row, its nearest visible ancestor. */
  indexOf(row: number): number {
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.visible[middle] <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private closeBelow(level: number): void {
    const { count, depth, children } = this.columns;
    for (let row = 0; row < count; row++) this.closed[row] = depth[row] >= level && children[row] > 0 ? 1 : 0;
  }

  private rebuild(): void {
    const { count, size } = this.columns;
    const { closed, visible } = this;
    let shown = 0;
    for (let row = 0; row < count; row += closed[row] ? size[row] : 1) visible[shown++] = row;
    this.count = shown;
  }
}

/** The deepest level that keeps the row limit, but never less than the roots' children. */
function openingLevel(columns: Columns): number {
  if (columns.count <= UNFOLDED_MAX) return 0xffff;
  const rows: number[] = [];
  for (let row = 0; row < columns.count; row++) rows[columns.depth[row]] = (rows[columns.depth[row]] ?? 0) + 1;
  let level = 1;
  let sum = rows[1] ?? 0;
  while (level + 1 < rows.length && sum + rows[level + 1] <= UNFOLDED_MAX) sum += rows[++level];
  return Math.max(2, level);
}
