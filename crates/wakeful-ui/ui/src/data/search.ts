import { ask, askJson, askLines } from './api.ts';

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

/** A condition without which something would match. */
export interface Explained {
  /** A parameter of the search; `tags.KEY` for one tag. */
  drop: string;
  /** At most 100 are counted. */
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
  /** Where the next page begins; absent on the last one. */
  cursor?: string;
  /** All that match, where the sort had to know. */
  matches?: number;
  /** Only if nothing matched. */
  explain?: Explained[];
}

export type SearchLine =
  | ({ type: 'progress' } & SearchProgress)
  | ({ type: 'trace' } & TraceSummary)
  | ({ type: 'end' } & SearchEnd);

/** What is stored at all, and how the server is set up. */
export interface About {
  version: string;
  listeners: { name: string; address: string }[];
  backend?: string;
  dataDir?: string;
  spans: number;
  bytes?: number;
  /** Absent while nothing is stored. */
  oldestUnixNanos?: string;
  newestUnixNanos?: string;
  retention?: { seconds: number | null; bytes: number | null };
  limits?: { name: string; value: string; setting: string }[];
}

export async function fetchServices(signal?: AbortSignal): Promise<string[]> {
  return (await askJson<{ services: string[] }>('services', signal)).services;
}

/** Of one service, or of all. */
export async function fetchOperations(service: string | null, signal?: AbortSignal): Promise<Operation[]> {
  const query = service === null ? '' : `?${new URLSearchParams({ service })}`;
  return (await askJson<{ operations: Operation[] }>(`operations${query}`, signal)).operations;
}

/** Keys of attributes that begin with `prefix`, of a service or of all (null). */
export async function fetchKeys(prefix: string, service: string | null, signal: AbortSignal): Promise<string[]> {
  const query = new URLSearchParams({ prefix, ...(service ? { service } : {}) });
  const { attributes } = await askJson<{ attributes: { key: string }[] }>(`attributes?${query}`, signal);
  return [...new Set(attributes.map(({ key }) => key))];
}

export async function fetchValues(key: string, prefix: string, service: string | null, signal: AbortSignal): Promise<string[]> {
  const query = new URLSearchParams({ key, prefix, ...(service ? { service } : {}) });
  return (await askJson<{ values: string[] }>(`attribute-values?${query}`, signal)).values;
}

export function fetchAbout(signal?: AbortSignal): Promise<About> {
  return askJson('about', signal);
}

export function search(query: URLSearchParams, signal: AbortSignal): AsyncGenerator<SearchLine> {
  return askLines(`search?${query}`, signal);
}

/** Counts of all matches by time and duration, as an Arrow stream. */
export async function fetchHeat(query: URLSearchParams, signal: AbortSignal): Promise<Uint8Array> {
  return new Uint8Array(await (await ask(`search/heat?${query}`, signal)).arrayBuffer());
}

/** `service: operation`, the name of a trace everywhere. */
export function traceName(trace: Pick<TraceSummary, 'rootService' | 'rootOperation'>): string {
  return `${trace.rootService}: ${trace.rootOperation}`;
}
