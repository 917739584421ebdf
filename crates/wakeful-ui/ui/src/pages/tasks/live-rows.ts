import { taskOrder } from '../../data/runtime/task-id.ts';
import type { TaskRow } from '../../data/runtime/tasks.ts';

/** What rows can be sorted by. */
export type TaskField = 'lints' | 'id' | 'state' | 'name' | 'total' | 'busy' | 'scheduled' | 'idle' | 'polls' | 'p99' | 'kind' | 'location' | 'fields';

/** Running first, then what waits for a worker. */
const STATE_ORDER = { running: 0, scheduled: 1, idle: 2, unknown: 3, done: 4 };

/** The row as it is at an instant: time goes on for a task that nothing was heard of since. */
export function grown(row: TaskRow, at: number): TaskRow {
  const passed = at - row.at;
  if (row.state === 'done' || !(passed > 0)) return row;
  const grown = { ...row, total: row.total + passed };
  if (row.state === 'unknown') return grown;
  const grows = ({ idle: 'idle', scheduled: 'scheduled', running: 'busy' } as const)[row.state];
  return { ...grown, [grows]: row[grows] + passed };
}

/** A comparison by a field; what is not known comes last, and equal rows keep to their ids. */
export function comparing(field: TaskField, descending: boolean): (a: TaskRow, b: TaskRow) => number {
  const sign = descending ? -1 : 1;
  const value = (row: TaskRow): number | string => {
    if (field === 'state') return STATE_ORDER[row.state];
    if (field === 'id') return taskOrder(row.id);
    if (field === 'lints') return ones(row.lints);
    return row[field];
  };
  return (a, b) => {
    const [x, y] = [value(a), value(b)];
    if (typeof x === 'string' || typeof y === 'string') {
      return sign * String(x).localeCompare(String(y)) || taskOrder(a.id) - taskOrder(b.id);
    }
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || taskOrder(a.id) - taskOrder(b.id);
    return sign * (x - y) || taskOrder(a.id) - taskOrder(b.id);
  };
}

function ones(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/**
 * Rows in the order in which they are shown. What is known of them changes where they stand; rows that are new wait until they are
 * asked for, and those that are gone leave.
 */
export class LiveRows {
  private readonly rows = new Map<string, TaskRow>();
  private readonly waiting = new Map<string, TaskRow>();
  private order: string[] = [];

  /** Takes the place of everything. */
  set(rows: readonly TaskRow[], compare: (a: TaskRow, b: TaskRow) => number): void {
    this.rows.clear();
    this.waiting.clear();
    for (const row of rows) this.rows.set(row.id, row);
    this.sort(compare);
  }

  /** A change as it was watched. Rows that nobody has looked at yet need not wait; without `adopt`, new ones are passed over. */
  apply(changed: readonly TaskRow[], gone: readonly string[], adopt = true): void {
    const first = this.order.length === 0;
    for (const row of changed) {
      if (first || this.rows.has(row.id)) {
        if (!this.rows.has(row.id)) this.order.push(row.id);
        this.rows.set(row.id, row);
      } else if (adopt) {
        this.waiting.set(row.id, row);
      }
    }
    if (gone.length === 0) return;
    for (const id of gone) {
      this.rows.delete(id);
      this.waiting.delete(id);
    }
    this.order = this.order.filter((id) => this.rows.has(id));
  }

  /** Those that a fresh list of all does not have are gone. */
  keepOnly(ids: ReadonlySet<string>): void {
    this.apply(
      [],
      [...this.rows.keys(), ...this.waiting.keys()].filter((id) => !ids.has(id)),
    );
  }

  /** Puts all rows in order, those that waited too. */
  sort(compare: (a: TaskRow, b: TaskRow) => number): void {
    for (const [id, row] of this.waiting) this.rows.set(id, row);
    this.waiting.clear();
    this.order = [...this.rows.values()].sort(compare).map(({ id }) => id);
  }

  get fresh(): number {
    return this.waiting.size;
  }

  list(): TaskRow[] {
    return this.order.flatMap((id) => this.rows.get(id) ?? []);
  }
}
