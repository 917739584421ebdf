import { signal } from '@preact/signals';
import { ApiError, isAbort, messageOf } from '../../data/api.ts';
import { type SearchEnd, type SearchProgress, search, type TraceSummary } from '../../data/search.ts';
import { note } from '../../shell/router.ts';

/** One search, from its request to its last line. */
export interface Run {
  state: 'none' | 'loading' | 'done' | 'cancelled' | 'failed';
  /** What the server is asked, the sort among it. */
  query: URLSearchParams;
  traces: readonly TraceSummary[];
  progress: SearchProgress | null;
  end: SearchEnd | null;
  error: string;
  /** What was wrong with the request, if the server said it. */
  parameter: string;
  column: number;
  /** Whether `traces` are still those of the search before. */
  stale: boolean;
  /** When it was asked (Unix ms); what is shown of times ago counts from here. */
  at: number;
}

const NONE: Run = {
  ...{ state: 'none', query: new URLSearchParams(), traces: [], progress: null, end: null },
  ...{ error: '', parameter: '', column: 0, stale: false, at: 0 },
};

export const run = signal<Run>(NONE);

let abort = new AbortController();

/**
 * Asks the server, page after page until `shown` traces are listed or there are no more. Traces are shown as they arrive,
 * those of the search before stay until then.
 */
export async function start(query: URLSearchParams, shown: number): Promise<void> {
  abort.abort();
  abort = new AbortController();
  const { traces } = run.peek();
  run.value = { ...NONE, state: 'loading', query, traces, stale: true, at: Date.now() };
  await read([], shown, abort.signal);
}

/** The next page: nothing that is listed moves. */
export async function more(): Promise<void> {
  const { state, traces, end } = run.peek();
  if (state === 'loading' || !end?.cursor) return;
  abort = new AbortController();
  run.value = { ...run.peek(), state: 'loading', progress: null };
  await read(traces, traces.length + 1, abort.signal);
  const { length } = run.peek().traces;
  note((address) => address.set('shown', String(length)));
}

async function read(listed: readonly TraceSummary[], shown: number, aborted: AbortSignal): Promise<void> {
  const found = [...listed];
  const known = new Set(found.map(({ id }) => id));
  const update = (change: Partial<Run>) => {
    if (!aborted.aborted) run.value = { ...run.peek(), ...change };
  };
  // One redraw an animation step, however many lines arrive in it.
  let asked = 0;
  const show = () => {
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      if (run.peek().state === 'loading') update({ traces: [...found], stale: false });
    });
  };
  try {
    let end = run.peek().end;
    do {
      const query = new URLSearchParams(run.peek().query);
      if (end?.cursor) query.set('cursor', end.cursor);
      end = null;
      for await (const line of search(query, aborted)) {
        if (line.type === 'end') end = line;
        else if (line.type === 'progress') update({ progress: line });
        // A trace that grew between two pages may come again.
        else if (line.type === 'trace' && !known.has(line.id)) {
          known.add(line.id);
          found.push(line);
          show();
        }
      }
      if (!end) throw new TypeError('the answer was cut off');
    } while (end.cursor && found.length < shown);
    update({ state: 'done', end, traces: found, stale: false });
  } catch (error) {
    if (isAbort(error)) return;
    const { parameter, column } = error instanceof ApiError ? error : { parameter: '', column: 0 };
    const message = error instanceof ApiError && parameter ? error.message : messageOf(error);
    update({ state: 'failed', error: message, parameter, column, traces: found, stale: false });
  }
}

/** Stops the request; what has arrived stays. */
export function cancel(): void {
  abort.abort();
  const { traces, stale } = run.peek();
  run.value = { ...run.peek(), state: 'cancelled', traces: stale ? [] : traces, stale: false };
}

/** Stops the request because its page goes; what was found is there again, dimmed, until it is asked anew. */
export function leave(): void {
  abort.abort();
}

/** Back to a page that asks nothing. */
export function clear(): void {
  abort.abort();
  run.value = NONE;
}
