import { csvOf } from '../../data/csv.ts';
import { type TraceSummary, traceName } from '../../data/search.ts';
import { nanosOf, rfc3339 } from '../../data/time.ts';

const HEAD = ['traceId', 'name', 'start', 'durationNanos', 'spans', 'errors', 'depth', 'orphans', 'services'];

/** The listed traces, a line each. */
export function csvOfTraces(traces: readonly TraceSummary[]): string {
  const lines = traces.map((trace) => [
    trace.id,
    traceName(trace),
    rfc3339(nanosOf(trace.startUnixNanos)),
    ...[trace.durationNanos, trace.spans, trace.errors, trace.depth, trace.orphans].map(String),
    trace.services.map(({ name }) => name).join(' '),
  ]);
  return csvOf([HEAD, ...lines]);
}
