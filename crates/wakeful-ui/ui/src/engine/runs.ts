import { paintOrder } from './claim.ts';
import type { Columns } from './columns.ts';

/** So many siblings of one operation, one after the other, are shown as one row. */
export const RUN_MIN = 20;

/** Equal siblings that stand one after the other. */
export interface Run {
  /** The row of the first. */
  first: number;
  /** Behind the subtree of the last. */
  end: number;
  count: number;
}

/** What a row says that stands for a run. */
export interface RunSummary {
  count: number;
  /** Nanoseconds, over the members alone. */
  total: number;
  p50: number;
  p99: number;
  longest: number;
  /** Rows in error in the members' subtrees. */
  errors: number;
}

/** With what a picture needs. */
export interface RunTimes extends RunSummary {
  /** When the last one ends, from the trace's base. */
  end: number;
}

/** The runs of a trace: `apply ×214` instead of 214 rows. */
export class Runs {
  readonly list: Run[] = [];
  /** By row: the number of the run that it is a member of, counted from 1; 0 if of none. */
  private member = new Uint32Array(0);
  private readonly summaries = new Map<number, RunTimes>();
  private readonly orders = new Map<number, Uint32Array>();

  constructor(private readonly columns: Columns) {}

  /** Looks through all rows anew: those that came may lengthen a run. */
  collect(): void {
    const { count, size, children, start } = this.columns;
    if (this.member.length < count) this.member = new Uint32Array(start.length);
    else this.member.fill(0);
    this.list.length = 0;
    this.summaries.clear();
    this.orders.clear();
    if (this.columns.roots >= RUN_MIN) this.among(0, count);
    for (let row = 0; row < count; row++) if (children[row] >= RUN_MIN) this.among(row + 1, row + size[row]);
  }

  /** The run that a row is a member of. */
  of(row: number): Run | undefined {
    const number = this.member[row];
    return number === 0 ? undefined : this.list[number - 1];
  }

  /** The run that begins with a row. */
  startingAt(row: number): Run | undefined {
    const run = this.of(row);
    return run?.first === row ? run : undefined;
  }

  /** Durations of all members, looked at once. */
  summary(run: Run): RunTimes {
    const known = this.summaries.get(run.first);
    if (known) return known;
    const { start, dur, size, errors } = this.columns;
    const durations = new Float64Array(run.count);
    let total = 0;
    let failed = 0;
    let end = 0;
    for (let row = run.first, i = 0; row < run.end; row += size[row], i++) {
      durations[i] = dur[row];
      total += dur[row];
      end = Math.max(end, start[row] + dur[row]);
      failed += errors[row];
    }
    durations.sort();
    const at = (share: number) => durations[Math.min(run.count - 1, Math.floor(run.count * share))];
    const longest = durations[run.count - 1];
    const summary = { count: run.count, total, p50: at(0.5), p99: at(0.99), longest, end, errors: failed };
    this.summaries.set(run.first, summary);
    return summary;
  }

  /** All members in the order of painting. */
  paintOrder(run: Run): Uint32Array {
    const known = this.orders.get(run.first);
    if (known) return known;
    const rows = new Uint32Array(run.count);
    for (let row = run.first, i = 0; row < run.end; row += this.columns.size[row]) rows[i++] = row;
    const order = paintOrder(this.columns, rows);
    this.orders.set(run.first, order);
    return order;
  }

  private among(from: number, to: number): void {
    const { name, service, size } = this.columns;
    let first = from;
    let count = 0;
    for (let row = from; row < to; row += size[row]) {
      if (name[row] === name[first] && service[row] === service[first]) {
        count++;
        continue;
      }
      this.add(first, row, count);
      first = row;
      count = 1;
    }
    this.add(first, to, count);
  }

  private add(first: number, end: number, count: number): void {
    if (count < RUN_MIN) return;
    const number = this.list.push({ first, end, count });
    for (let row = first; row < end; row += this.columns.size[row]) this.member[row] = number;
  }
}
