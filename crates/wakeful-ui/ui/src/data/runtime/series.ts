import { askJson } from '../api.ts';
import { programQuery } from './programs.ts';

/** Values over time; null where nothing is known. */
export type Values = readonly (number | null)[];

export interface WorkerSeries {
  index: number;
  thread: string;
  /** Of its time, 0 to 1. */
  busy: Values;
  parks: Values;
  steals: Values;
  localQueue: Values;
}

/** What a runtime counted in a range, in equal steps. */
export interface Series {
  fromUnixNanos: string;
  stepNanos: number;
  tasksAlive: Values;
  globalQueue: Values;
  blockingThreads: Values;
  pollMax: Values;
  polls: Values;
  blockingQueue: Values;
  workers: WorkerSeries[];
  /** Polls that are stored whole, by step and duration. */
  pollHeat: { bounds: number[]; counts: number[][] };
}

export function fetchSeries(program: string, runtime: string, range: { from: string; to: string }, signal: AbortSignal): Promise<Series> {
  return askJson(`runtime/series?${programQuery(program, { runtime, ...range })}`, signal);
}
