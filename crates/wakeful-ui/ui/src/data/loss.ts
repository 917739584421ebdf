import { askJson } from './api.ts';

/** Records that were not kept, by what befell them. */
export interface Cause {
  cause: string;
  source: string;
  /** A program's thread, where one is to blame. */
  thread?: string;
  records: number;
  firstUnixNanos: string;
  lastUnixNanos: string;
  remedy: string;
}

export interface Loss {
  lost: number;
  kept: number;
  causes: Cause[];
}

/** What was lost in a range (Unix nanoseconds); without one, since the server started. */
export function fetchLoss(from: string, to: string, signal?: AbortSignal): Promise<Loss> {
  const query = new URLSearchParams({ ...(from && { from }), ...(to && { to }) }).toString();
  return askJson(`loss${query && `?${query}`}`, signal);
}
