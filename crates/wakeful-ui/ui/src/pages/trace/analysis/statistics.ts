import type { Columns } from '../../../engine/columns.ts';
import { INTERVALS, isError, PLACEHOLDER } from '../../../engine/flags.ts';

/** Where in the flags the busy share stands. */
const BUSY_SHIFT = 16;

/** What rows are grouped by: a label each, as a code; rows without one have -1. */
export interface Codes {
  labels: readonly string[];
  of: ArrayLike<number>;
}

/** Spans of one group. Times are nanoseconds. */
export interface Group {
  /** `null`: the spans that have not what is grouped by. */
  label: string | null;
  count: number;
  errors: number;
  total: number;
  min: number;
  max: number;
  selfTotal: number;
  selfMin: number;
  selfMax: number;
  /** Sum over the spans whose busy time is known. */
  busy: number;
  /** How many those are. */
  busyKnown: number;
}

/** Every group of a first grouping; `parts` are its groups by a second one. */
export interface Statistic extends Group {
  parts: Group[];
}

/** Sums up the spans of a trace by one or two groupings; a parent that was not received is no span. */
export function statistics(columns: Columns, self: Float64Array, first: Codes, second: Codes | null): Statistic[] {
  const groups = new Map<number, Statistic & { byPart: Map<number, Group> }>();
  for (let row = 0; row < columns.count; row++) {
    if (columns.flags[row] & PLACEHOLDER) continue;
    let group = groups.get(first.of[row]);
    if (!group) {
      group = { ...empty(labelOf(first, row)), parts: [], byPart: new Map() };
      groups.set(first.of[row], group);
    }
    add(group, columns, self, row);
    if (!second) continue;
    let part = group.byPart.get(second.of[row]);
    if (!part) {
      part = empty(labelOf(second, row));
      group.byPart.set(second.of[row], part);
      group.parts.push(part);
    }
    add(part, columns, self, row);
  }
  return [...groups.values()].map(({ byPart: _, ...group }) => group);
}

function labelOf({ labels, of }: Codes, row: number): string | null {
  return of[row] < 0 ? null : (labels[of[row]] ?? '');
}

function empty(label: string | null): Group {
  const none = Number.POSITIVE_INFINITY;
  return { label, count: 0, errors: 0, total: 0, min: none, max: 0, selfTotal: 0, selfMin: none, selfMax: 0, busy: 0, busyKnown: 0 };
}

function add(group: Group, { dur, flags }: Columns, self: Float64Array, row: number): void {
  group.count++;
  group.total += dur[row];
  group.min = Math.min(group.min, dur[row]);
  group.max = Math.max(group.max, dur[row]);
  group.selfTotal += self[row];
  group.selfMin = Math.min(group.selfMin, self[row]);
  group.selfMax = Math.max(group.selfMax, self[row]);
  if (isError(flags[row])) group.errors++;
  if (flags[row] & INTERVALS) {
    group.busy += dur[row] * busyShare(flags[row]);
    group.busyKnown++;
  }
}

/** The share of its duration in which a span was polled. */
export function busyShare(flags: number): number {
  return ((flags >>> BUSY_SHIFT) & 255) / 255;
}

/** The columns of the table, in its order; all but the first are numbers. */
export const FIELDS = [
  ['label', 'Group'],
  ['count', 'Count'],
  ['total', 'Total'],
  ['avg', 'Avg'],
  ['min', 'Min'],
  ['max', 'Max'],
  ['selfTotal', 'ST Total'],
  ['selfAvg', 'ST Avg'],
  ['selfMin', 'ST Min'],
  ['selfMax', 'ST Max'],
  ['share', 'ST in Duration'],
  ['busy', 'Busy'],
  ['errors', 'Errors'],
] as const;

export type Field = (typeof FIELDS)[number][0];

/** A number of a group; `duration` is the trace's, of which `share` is a part in percent. Busy is NaN if it is not known. */
export function valueOf(group: Group, field: Exclude<Field, 'label'>, duration: number): number {
  switch (field) {
    case 'avg':
      return group.total / group.count;
    case 'selfAvg':
      return group.selfTotal / group.count;
    case 'share':
      return duration > 0 ? (100 * group.selfTotal) / duration : 0;
    case 'busy':
      return group.busyKnown > 0 ? group.busy : Number.NaN;
    default:
      return group[field];
  }
}

/** Sorts groups, and the parts of each, by a field; equal ones by label. What is not known stands last. */
export function sorted<T extends Group>(groups: readonly T[], field: Field, descending: boolean, duration: number): T[] {
  const sign = descending ? -1 : 1;
  const byLabel = (a: Group, b: Group) => compare(a.label ?? '\uffff', b.label ?? '\uffff');
  return [...groups].sort((a, b) => {
    if (field === 'label') return sign * byLabel(a, b);
    const [x, y] = [valueOf(a, field, duration), valueOf(b, field, duration)];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || byLabel(a, b);
    return sign * (x - y) || byLabel(a, b);
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
