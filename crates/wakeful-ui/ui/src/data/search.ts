import { askJson, askLines } from './api.ts';

export interface Operation {
  name: string;
  kind: string;
}

export interface ServiceCount {
  name: string;
  spans: number;
  errors: number;
}

/** A trace as a search lists it. */
export interface TraceSummary {
  id: string;
  rootService: string;
  rootOperation: string;
  /** Unix nanoseconds, decimal digits. */
  startUnixNanos: string;
  durationNanos: number;
  spans: number;
  errors: number;
  depth: number;
  orphans: number;
  services: ServiceCount[];
}

export interface SearchProgress {
  segments: number;
  segmentsTotal: number;
  spans: number;
  traces: number;
}

export interface SearchEnd {
  complete: boolean;
  truncated: boolean;
  message?: string;
  read: { segments: number; spans: number };
  ms: number;
  /** The search as TraceQL. */
  query: string;
}

export type SearchLine =
  | ({ type: 'progress' } & SearchProgress)
  | ({ type: 'trace' } & TraceSummary)
  | ({ type: 'end' } & SearchEnd);

/** What is stored at all. */
export interface About {
  version: string;
  listeners: { name: string; address: string }[];
  spans: number;
  /** Absent while nothing is stored. */
  oldestUnixNanos?: string;
  newestUnixNanos?: string;
}

export async function fetchServices(signal?: AbortSignal): Promise<string[]> {
  return (await askJson<{ services: string[] }>('services', signal)).services;
}

/** Of one service, or of all. */
export async function fetchOperations(service: string | null, signal?: AbortSignal): Promise<Operation[]> {
  const query = service === null ? '' : `?${new URLSearchParams({ service })}`;
  return (await askJson<{ operations: Operation[] }>(`operations${query}`, signal)).operations;
}

export function fetchAbout(signal?: AbortSignal): Promise<About> {
  return askJson('about', signal);
}

export function search(query: URLSearchParams, signal: AbortSignal): AsyncGenerator<SearchLine> {
  return askLines(`search?${query}`, signal);
}

/** `service: operation`, the name of a trace everywhere. */
export function traceName(trace: Pick<TraceSummary, 'rootService' | 'rootOperation'>): string {
  return `${trace.rootService}: ${trace.rootOperation}`;
}
