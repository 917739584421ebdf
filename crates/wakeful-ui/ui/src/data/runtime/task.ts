import { askJson } from '../api.ts';
import type { Lint } from './lints.ts';
import { type Insight, programQuery } from './programs.ts';
import type { TaskState } from './tasks.ts';

/** Another task, as a link to it says it. */
export interface TaskRef {
  id: string;
  name: string;
  location: string | null;
  state: TaskState | null;
  ended?: string | null;
}

/** How long things took: counts up to the upper end of each bucket (ns); the last bucket ends with the longest. */
export interface Histogram {
  bounds: number[];
  counts: number[];
  p10: number;
  p25: number;
  p50: number;
  p75: number;
  p90: number;
  p95: number;
  p99: number;
  max: number;
}

export interface Hold {
  resource: string;
  kind: string;
  type: string;
  name: string;
  location: string | null;
  sinceUnixNanos: string;
  /** How it is held, or what was called. */
  how: string;
  /** The task that holds what is waited for, if that is known. */
  holder?: string;
}

export interface ServedSpan {
  traceId: string;
  spanId: string;
  service: string;
  operation: string;
  startUnixNanos: string;
  durationNanos: number;
  error: boolean;
}

/** All of one task; null is what is not known. */
export interface TaskDetails extends TaskRef {
  kind: string;
  runtime: string | null;
  typeName: string | null;
  futureBytes: number | null;
  /** What the runtime keeps of it: less where it is boxed. */
  storedBytes: number | null;
  spawnedIn: { traceId: string; spanId: string } | null;
  startUnixNanos: string;
  endUnixNanos: string | null;
  atUnixNanos: string;
  total: number | null;
  busy: number | null;
  scheduled: number | null;
  idle: number | null;
  polls: number | null;
  wakers: { live: number | null; clones: number | null; drops: number | null; wakes: number | null; selfWakes: number | null; lastWakeUnixNanos: string | null } | null;
  pollTimes: Histogram | null;
  scheduledTimes: Histogram | null;
  parent: TaskRef | null;
  children: TaskRef[];
  childrenTotal: number;
  holds: Hold[];
  waitsFor: Hold[];
  spans: ServedSpan[];
  spansComplete: boolean;
  lints: Lint[];
  insight: Insight;
  lost: number;
}

export function fetchTask(program: string, id: string, at: string, signal: AbortSignal): Promise<TaskDetails> {
  return askJson(`tasks/${encodeURIComponent(id)}?${programQuery(program, { at })}`, signal);
}
