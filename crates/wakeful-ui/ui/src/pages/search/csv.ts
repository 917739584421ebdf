import { type TraceSummary, traceName } from '../../data/search.ts';
import { nanosOf, rfc3339 } from '../../data/time.ts';

const HEAD = ['traceId', 'name', 'start', 'durationNanos', 'spans', 'errors', 'depth', 'orphans', 'services'];

/** The listed traces, a line each (RFC 4180). What a spreadsheet would take for a formula gets a leading quote. */
export function csvOf(traces: readonly TraceSummary[]): string {
  const lines = traces.map((trace) => [
    trace.id,
    traceName(trace),
    rfc3339(nanosOf(trace.startUnixNanos)),
    ...[trace.durationNanos, trace.spans, trace.errors, trace.depth, trace.orphans].map(String),
    trace.services.map(({ name }) => name).join(' '),
  ]);
  return [HEAD, ...lines].map((line) => `${line.map(cell).join(',')}\r\n`).join('');
}

function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
