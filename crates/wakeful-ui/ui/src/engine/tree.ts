import { type Columns, NO_ROW } from './columns.ts';
import { isError } from './flags.ts';
import { Runs } from './runs.ts';

/** Up to so many rows a trace opens unfolded. */
const UNFOLDED_MAX = 2_000;

/**
 * Which rows are folded, and so which are visible. A run of equal siblings is one row until it is opened, that of its first
 * member; rows of a service that is left out are not shown, their children are.
 */
export class Tree {
  /** Rows on screen from top to bottom, if the screen were long enough; the first `count` count. */
  visible = new Uint32Array(0);
  count = 0;
  readonly runs: Runs;
  /** Rows in error, ascending. */
  errors = new Uint32Array(0);
  private closed = new Uint8Array(0);
  /** By the first row of a run: 1 = its members are shown. */
  private runOpen = new Uint8Array(0);
  /** By service code, 1 = left out; null if none is. */
  private without: Uint8Array | null = null;
  private touched = false;
  private hiddenErrors: HiddenErrors | null = null;

  constructor(private readonly columns: Columns) {
    this.runs = new Runs(columns);
  }

  /** Takes in rows that were appended; until the user folds something, folding follows the size of the trace. */
  grow(): void {
    const { count, start } = this.columns;
    if (this.closed.length < count) {
      this.closed = lengthened(this.closed, start.length);
      this.runOpen = lengthened(this.runOpen, start.length);
      this.visible = new Uint32Array(start.length);
    }
    this.runs.collect();
    this.errors = errorsOf(this.columns);
    if (!this.touched) this.closeBelow(this.openingLevel());
    this.rebuild();
  }

  /** Leaves out the services whose code has a 1. */
  leaveOut(services: Uint8Array | null): void {
    this.without = services?.includes(1) ? services : null;
    this.rebuild();
  }

  /** Whether a row's service is left out. */
  isLeftOut(row: number): boolean {
    return this.without !== null && this.without[this.columns.service[row]] === 1;
  }

  /** Whether all that is below a row is shown; a row that stands for a run is closed. */
  isOpen(row: number): boolean {
    return this.closed[row] === 0 && !this.standsForRun(row);
  }

  /** Whether a row, if visible, stands for a whole run. */
  standsForRun(row: number): boolean {
    return this.runs.startingAt(row) !== undefined && this.runOpen[row] === 0;
  }

  /** Whether a row has anything to open or to close. */
  canFold(row: number): boolean {
    return this.columns.children[row] > 0 || this.standsForRun(row);
  }

  /** Opens or closes a row; the row of a closed run opens the run. */
  set(row: number, open: boolean): void {
    if (open && this.standsForRun(row)) this.runOpen[row] = 1;
    else if (this.columns.children[row] > 0) this.closed[row] = open ? 0 : 1;
    else return;
    this.touched = true;
    this.rebuild();
  }

  /** Shows the run that a row is a member of as one row. Returns that row, or -1 if it is in none. */
  closeRun(row: number): number {
    const run = this.runs.of(row);
    if (!run) return -1;
    this.touched = true;
    this.runOpen[run.first] = 0;
    this.rebuild();
    return run.first;
  }

  /** The row, or the run it stands for, and everything below it. */
  setSubtree(row: number, open: boolean): void {
    this.touched = true;
    const run = this.standsForRun(row) ? this.runs.of(row) : undefined;
    this.setRange(row, run?.end ?? row + this.columns.size[row], open);
    if (run) this.runOpen[row] = open ? 1 : 0;
    this.rebuild();
  }

  setAll(open: boolean): void {
    this.touched = true;
    this.setRange(0, this.columns.count, open);
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

  /** Opens the ancestors of every row of the list, and the runs that hide it. */
  reveal(rows: Uint32Array | readonly number[]): void {
    const { parent, count } = this.columns;
    // Of many hits below one row, all but the first find it open: each row is looked at once.
    const seen = rows.length > 1 ? new Uint8Array(count) : null;
    let changed = false;
    for (let i = 0; i < rows.length; i++) {
      changed = this.openRunAround(rows[i]) || changed;
      for (let above = parent[rows[i]]; above !== NO_ROW && seen?.[above] !== 1; above = parent[above]) {
        if (seen) seen[above] = 1;
        // What is below the first member of a closed run is as hidden as the others.
        if (this.standsForRun(above)) {
          this.runOpen[above] = 1;
          changed = true;
        }
        changed = this.openRunAround(above) || changed;
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

  /** Where a row stands among the visible ones; of a hidden row, the row that it is folded into. */
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

  isVisible(row: number): boolean {
    return this.count > 0 && this.visible[this.indexOf(row)] === row;
  }

  /** The nearest visible row above a row in the tree, or -1. */
  visibleParent(row: number): number {
    const { parent } = this.columns;
    for (let above = parent[row]; above !== NO_ROW; above = parent[above]) if (this.isVisible(above)) return above;
    return -1;
  }

  /** How many levels deep a row is shown, from 1: ancestors that are left out do not count. */
  level(row: number): number {
    if (!this.without) return this.columns.depth[row];
    const { parent } = this.columns;
    let level = 1;
    for (let above = parent[row]; above !== NO_ROW; above = parent[above]) if (!this.isLeftOut(above)) level++;
    return level;
  }

  /** How many rows are hidden between a visible row and the next. */
  hiddenBelow(index: number): number {
    const next = index + 1 < this.count ? this.visible[index + 1] : this.columns.count;
    return next - this.visible[index] - 1;
  }

  /** Rows in error that the visible row at `index` answers for, because they are folded or left out; ascending. */
  errorsHiddenAt(index: number): Uint32Array {
    this.hiddenErrors ??= collectHiddenErrors(this.columns, this);
    const { rows, from } = this.hiddenErrors;
    return rows.subarray(from[index], from[index + 1]);
  }

  /** Carries over what was folded, where `rowOf` gives the new number of each of `old`'s rows, or -1. */
  inherit(old: Tree, rowOf: Int32Array): void {
    this.touched = old.touched;
    if (!old.touched) return;
    for (let row = 0; row < rowOf.length; row++) {
      if (rowOf[row] < 0) continue;
      this.closed[rowOf[row]] = old.closed[row];
      const run = old.runs.startingAt(row);
      const now = run && this.runs.of(rowOf[row]);
      if (run && now && old.runOpen[row]) this.runOpen[now.first] = 1;
    }
    this.rebuild();
  }

  /** Opens the run that hides a row; its first member is seen, if as the whole run. */
  private openRunAround(row: number): boolean {
    const run = this.runs.of(row);
    if (!run || run.first === row || this.runOpen[run.first]) return false;
    this.runOpen[run.first] = 1;
    return true;
  }

  private setRange(from: number, to: number, open: boolean): void {
    const { children } = this.columns;
    for (let row = from; row < to; row++) this.closed[row] = open || children[row] === 0 ? 0 : 1;
    this.runOpen.fill(open ? 1 : 0, from, to);
  }

  private closeBelow(level: number): void {
    const { count, depth, children } = this.columns;
    for (let row = 0; row < count; row++) this.closed[row] = depth[row] >= level && children[row] > 0 ? 1 : 0;
  }

  /** The deepest level that keeps the row limit, but never less than the roots' children. */
  private openingLevel(): number {
    const { count, depth } = this.columns;
    if (count <= UNFOLDED_MAX) return 0xffff;
    const rows: number[] = [];
    for (let row = 0; row < count; row = this.standsForRun(row) ? (this.runs.of(row)?.end ?? count) : row + 1) {
      rows[depth[row]] = (rows[depth[row]] ?? 0) + 1;
    }
    let level = 1;
    let sum = rows[1] ?? 0;
    while (level + 1 < rows.length && sum + (rows[level + 1] ?? 0) <= UNFOLDED_MAX) sum += rows[++level] ?? 0;
    return level + 1 >= rows.length ? 0xffff : Math.max(2, level);
  }

  private rebuild(): void {
    const { count, size, service } = this.columns;
    const { closed, visible, runOpen, without, runs } = this;
    let shown = 0;
    for (let row = 0; row < count; ) {
      if (without?.[service[row]]) {
        row++;
        continue;
      }
      visible[shown++] = row;
      const run = runOpen[row] ? undefined : runs.startingAt(row);
      row = run ? run.end : row + (closed[row] ? size[row] : 1);
    }
    this.count = shown;
    this.hiddenErrors = null;
  }
}

/** Rows in error that are not visible themselves, by the visible row that answers for them. */
interface HiddenErrors {
  rows: Uint32Array;
  /** By place among the visible rows, where its part of `rows` begins; one more at the end. */
  from: Uint32Array;
}

function collectHiddenErrors({ parent, size }: Columns, tree: Tree): HiddenErrors {
  const owners: number[] = [];
  const failed: number[] = [];
  const from = new Uint32Array(tree.count + 1);
  for (let i = 0; i < tree.errors.length && tree.count > 0; i++) {
    const row = tree.errors[i];
    let owner = tree.indexOf(row);
    const before = tree.visible[owner];
    if (before === row) continue;
    // What lies behind a visible row is mostly below it, or a member of the run that it stands for.
    const inside = tree.standsForRun(before) || row < before + size[before];
    if (!inside && parent[row] !== NO_ROW) {
      const above = tree.visibleParent(row);
      if (above >= 0) owner = tree.indexOf(above);
    }
    owners.push(owner);
    failed.push(row);
    from[owner + 1]++;
  }
  for (let i = 0; i < tree.count; i++) from[i + 1] += from[i];
  const rows = new Uint32Array(failed.length);
  const next = from.slice();
  for (let i = 0; i < failed.length; i++) rows[next[owners[i]]++] = failed[i];
  return { rows, from };
}

function errorsOf({ count, flags }: Columns): Uint32Array<ArrayBuffer> {
  const rows: number[] = [];
  for (let row = 0; row < count; row++) if (isError(flags[row])) rows.push(row);
  return Uint32Array.from(rows);
}

function lengthened(old: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  const next = new Uint8Array(length);
  next.set(old);
  return next;
}
