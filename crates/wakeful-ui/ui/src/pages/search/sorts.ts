import { type TraceSummary, traceName } from '../../data/search.ts';

type Order = (a: TraceSummary, b: TraceSummary) => number;

const start: Order = (a, b) => compare(BigInt(a.startUnixNanos), BigInt(b.startUnixNanos));
const duration: Order = (a, b) => a.durationNanos - b.durationNanos;
const spans: Order = (a, b) => a.spans - b.spans;
const errors: Order = (a, b) => a.errors - b.errors;
const name: Order = (a, b) => compare(traceName(a), traceName(b));

/** Value in the address, label, order. The first is the default. */
export const SORTS: readonly { value: string; label: string; order: Order }[] = [
  { value: 'recent', label: 'Most Recent', order: down(start) },
  { value: 'oldest', label: 'Oldest First', order: start },
  { value: 'longest', label: 'Longest First', order: down(duration) },
  { value: 'shortest', label: 'Shortest First', order: duration },
  { value: 'most-spans', label: 'Most Spans', order: down(spans) },
  { value: 'least-spans', label: 'Least Spans', order: spans },
  { value: 'most-errors', label: 'Most Errors', order: down(errors) },
  { value: 'least-errors', label: 'Least Errors', order: errors },
  { value: 'name', label: 'Trace Name A–Z', order: name },
  { value: 'name-down', label: 'Trace Name Z–A', order: down(name) },
];

/** The traces in the order of that name; an unknown name is the default. */
export function sorted(traces: readonly TraceSummary[], value: string): TraceSummary[] {
  const { order } = SORTS.find((sort) => sort.value === value) ?? SORTS[0];
  return [...traces].sort(order);
}

function down(order: Order): Order {
  return (a, b) => order(b, a);
}

function compare<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
