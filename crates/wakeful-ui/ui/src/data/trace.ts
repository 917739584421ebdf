import { ask, askJson, askLines } from './api.ts';

/** Which rows a request means: a trace, as it was sent or adjusted, at a revision. */
export interface TraceRef {
  id: string;
  raw: boolean;
  /** `FROM-TO` in Unix ns: what is wanted whole of a trace that is too large; or ''. */
  part: string;
  rev: string;
}

interface Opened {
  id: string;
  raw: boolean;
  part: string;
  facts: { peek(): { rev: string } | null };
}

/** What requests about an open trace refer to. */
export function traceOf({ id, raw, part, facts }: Opened): TraceRef {
  return { id, raw, part, rev: facts.peek()?.rev ?? '' };
}

/** The path below `api/ui/` of something of a trace. */
export function tracePath({ id, raw, part, rev }: TraceRef, of: string, more: Record<string, string> = {}): string {
  const query = new URLSearchParams(more);
  if (rev) query.set('rev', rev);
  if (raw) query.set('raw', '1');
  if (part) query.set('part', part);
  const text = query.toString();
  return `trace/${encodeURIComponent(id)}${of}${text ? `?${text}` : ''}`;
}

/** The columns of all spans, an Arrow stream. */
export function fetchTrace(trace: TraceRef, signal: AbortSignal): Promise<Response> {
  return ask(tracePath({ ...trace, rev: '' }, ''), signal);
}

/** The rows in which Jaeger's find would find something, an Arrow stream. */
export async function fetchMatches(trace: TraceRef, q: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await ask(tracePath(trace, '/find', { q }), signal)).arrayBuffer());
}

/** Active intervals of the rows `[from, to)`, an Arrow stream. */
export function fetchIntervals(trace: TraceRef, rows: [number, number], signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  return fetchOfRows(trace, '/intervals', rows, signal);
}

/** When the events of the rows `[from, to)` were, an Arrow stream. */
export function fetchPoints(trace: TraceRef, rows: [number, number], signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  return fetchOfRows(trace, '/points', rows, signal);
}

async function fetchOfRows(trace: TraceRef, of: string, [from, to]: [number, number], signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const answer = await ask(tracePath(trace, of, { rows: `${from}-${to - 1}` }), signal);
  return new Uint8Array(await answer.arrayBuffer());
}

/** The values of one attribute by row, an Arrow stream. */
export async function fetchAttribute(trace: TraceRef, key: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await ask(tracePath(trace, '/attribute', { key }), signal)).arrayBuffer());
}

/** The parts of rows that decided how long the trace took, an Arrow stream. */
export async function fetchCritical(trace: TraceRef, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await ask(tracePath(trace, '/critical'), signal)).arrayBuffer());
}

/** The span ids of rows, in their order. */
export async function fetchIds(trace: TraceRef, rows: readonly number[], signal?: AbortSignal): Promise<string[]> {
  return (await askJson<{ ids: string[] }>(tracePath(trace, '/ids', { rows: rows.join(',') }), signal)).ids;
}

/** The rows of span ids, in their order; null where the trace has no such span. */
export async function fetchRows(trace: TraceRef, ids: readonly string[], signal?: AbortSignal): Promise<(number | null)[]> {
  return (await askJson<{ rows: (number | null)[] }>(tracePath(trace, '/rows', { ids: ids.join(',') }), signal)).rows;
}

/** Every key of the trace's spans and resources. */
export async function fetchKeys(trace: TraceRef, signal?: AbortSignal): Promise<string[]> {
  return (await askJson<{ keys: string[] }>(tracePath(trace, '/attributes'), signal)).keys;
}

export type WatchLine =
  | { type: 'trace'; rev: string; spans: number; new: number; errors: number; durationNanos: number }
  | { type: 'alive' };

/** What befalls a trace, for as long as the answer is read. */
export function watchTrace(trace: TraceRef, signal: AbortSignal): AsyncGenerator<WatchLine> {
  return askLines(tracePath(trace, '/watch'), signal);
}

/** The address of a file with all spans. */
export function downloadPath(trace: TraceRef, format: 'otlp' | 'csv'): string {
  return `api/ui/${tracePath({ ...trace, part: '', rev: '' }, '/download', { format })}`;
}
