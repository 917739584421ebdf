import { isError } from './flags.ts';

/** The parent of a root. */
export const NO_ROW = 0xffffffff;

/** Rows as they arrive; `name` and `service` index the tables of the `Columns` they are appended to. */
export interface Batch {
  count: number;
  /** Nanoseconds from the trace's base. */
  start: Float64Array;
  /** Nanoseconds. */
  dur: Float64Array;
  parent: Uint32Array;
  name: Uint32Array;
  service: Uint16Array;
  flags: Uint32Array;
}

/**
 * A trace as typed arrays, one row a span, in pre-order of the tree: a subtree is the range
 * `[row, row + size[row])`. No object exists per span.
 */
export class Columns {
  count = 0;
  start = new Float64Array(0);
  dur = new Float64Array(0);
  parent = new Uint32Array(0);
  name = new Uint32Array(0);
  service = new Uint16Array(0);
  flags = new Uint32Array(0);

  /** Derived. 1 for a root. */
  depth = new Uint16Array(0);
  /** Derived. Rows of the subtree, the row itself included. */
  size = new Uint32Array(0);
  /** Derived. Rows in error in the subtree, the row itself included. */
  errors = new Uint32Array(0);
  /** Derived. Direct children. */
  children = new Uint32Array(0);
  /** Derived. Place among the siblings, from 1. */
  place = new Uint32Array(0);
  /** Derived. Number of roots. */
  roots = 0;

  names: string[] = [];
  services: string[] = [];

  append(batch: Batch): void {
    const from = this.count;
    this.reserve(from + batch.count);
    this.start.set(batch.start, from);
    this.dur.set(batch.dur, from);
    this.parent.set(batch.parent, from);
    this.name.set(batch.name, from);
    this.service.set(batch.service, from);
    this.flags.set(batch.flags, from);
    this.count += batch.count;
    this.derive(from);
  }

  /** The number of siblings of a row, itself included. */
  siblings(row: number): number {
    const parent = this.parent[row];
    return parent === NO_ROW ? this.roots : this.children[parent];
  }

  /** Makes room for so many rows: asked once for all, nothing is copied while they arrive. */
  reserve(rows: number): void {
    if (rows <= this.start.length) return;
    const capacity = Math.max(rows, this.start.length * 2);
    this.start = grown(this.start, capacity);
    this.dur = grown(this.dur, capacity);
    this.parent = grown(this.parent, capacity);
    this.name = grown(this.name, capacity);
    this.service = grown(this.service, capacity);
    this.flags = grown(this.flags, capacity);
    this.depth = grown(this.depth, capacity);
    this.size = grown(this.size, capacity);
    this.errors = grown(this.errors, capacity);
    this.children = grown(this.children, capacity);
    this.place = grown(this.place, capacity);
  }

  /** Looks at the new rows alone, and at the ancestors of those whose parents were there before. */
  private derive(from: number): void {
    const { count, parent, flags, depth, size, errors, children, place } = this;
    for (let row = from; row < count; row++) {
      const above = parent[row];
      size[row] = 1;
      errors[row] = isError(flags[row]) ? 1 : 0;
      if (above === NO_ROW) {
        depth[row] = 1;
        place[row] = ++this.roots;
      } else {
        depth[row] = depth[above] + 1;
        place[row] = ++children[above];
      }
    }
    for (let row = count - 1; row >= from; row--) {
      for (let above = parent[row]; above !== NO_ROW; above = parent[above]) {
        size[above] += size[row];
        errors[above] += errors[row];
        // A new ancestor hands on what it has when its own turn comes.
        if (above >= from) break;
      }
    }
  }
}

type Numbers = Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

function grown<T extends Numbers>(old: T, length: number): T {
  const next = new (old.constructor as new (length: number) => T)(length);
  next.set(old);
  return next;
}
