import { askLines } from './api.ts';
import type { Attribute } from './span.ts';
import { type TraceRef, tracePath } from './trace.ts';

/** An event of a span. */
export interface TraceLog {
  row: number;
  timeUnixNanos: string;
  name: string;
  level?: string;
  attributes: Attribute[];
}

type Line =
  | ({ type: 'log' } & TraceLog)
  | { type: 'end'; complete: boolean; message?: string; cursor?: string };

export interface LogPage {
  logs: TraceLog[];
  /** Where the next page begins; empty after the last. */
  cursor: string;
  /** What could not be read. */
  error: string;
}

/** A page of the events of all spans, by time. */
export async function fetchLogs(trace: TraceRef, cursor: string, signal: AbortSignal): Promise<LogPage> {
  const logs: TraceLog[] = [];
  for await (const line of askLines<Line>(tracePath(trace, '/logs', cursor ? { cursor } : {}), signal)) {
    if (line.type === 'log') logs.push(line);
    else return { logs, cursor: line.cursor ?? '', error: line.complete ? '' : (line.message ?? 'not all could be read') };
  }
  return { logs, cursor: '', error: 'the answer was cut off' };
}
