import { signal } from '@preact/signals';
import { isAbort, messageOf } from '../../data/api.ts';
import { type SearchEnd, type SearchProgress, search, type TraceSummary } from '../../data/search.ts';

/** One search, from its request to its last line. */
export interface Run {
  state: 'none' | 'loading' | 'done' | 'cancelled' | 'failed';
  query: string;
  traces: readonly TraceSummary[];
  progress: SearchProgress | null;
  end: SearchEnd | null;
  error: string;
  /** Whether `traces` are still those of the search before. */
  stale: boolean;
}

const NONE: Run = { state: 'none', query: '', traces: [], progress: null, end: null, error: '', stale: false };

export const run = signal<Run>(NONE);

let abort = new AbortController();

/** Asks the server; traces are shown as they arrive, those of the search before stay until then. */
export async function start(query: URLSearchParams): Promise<void> {
  abort.abort();
  abort = new AbortController();
  const { signal: aborted } = abort;
  const old = run.peek().traces;
  const fresh: TraceSummary[] = [];
  const update = (change: Partial<Run>) => {
    if (!aborted.aborted) run.value = { ...run.peek(), ...change };
  };
  run.value = { ...NONE, state: 'loading', query: query.toString(), traces: old, stale: true };

  // One redraw an animation step, however many lines arrive in it.
  let asked = 0;
  const show = () => {
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      if (run.peek().state === 'loading') update({ traces: [...fresh], stale: false });
    });
  };
  try {
    let ended = false;
    for await (const line of search(query, aborted)) {
      if (line.type === 'trace') {
        fresh.push(line);
        show();
      } else if (line.type === 'progress') {
        update({ progress: line });
      } else if (line.type === 'end') {
        ended = true;
        update({ state: 'done', end: line, traces: fresh, stale: false });
      }
    }
    if (!ended) update({ state: 'failed', error: 'the answer was cut off', traces: fresh, stale: false });
  } catch (error) {
    if (!isAbort(error)) update({ state: 'failed', error: messageOf(error), traces: fresh, stale: false });
  }
}

/** Stops the request; what has arrived stays. */
export function cancel(): void {
  abort.abort();
  const { traces, stale } = run.peek();
  run.value = { ...run.peek(), state: 'cancelled', traces: stale ? [] : traces, stale: false };
}

/** Back to a page that asks nothing. */
export function clear(): void {
  abort.abort();
  run.value = NONE;
}
