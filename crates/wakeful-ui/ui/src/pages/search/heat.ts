import { signal } from '@preact/signals';
import { isAbort, messageOf } from '../../data/api.ts';
import { fetchHeat } from '../../data/search.ts';
import type { Heat } from './heat-decode.ts';

/** The heat of the search on screen; null while it is not known. */
export const heat = signal<Heat | null>(null);
export const heatError = signal('');

export const COLUMNS = 200;
export const ROWS = 40;

let abort = new AbortController();

/** Asks for the counts of a search's matches; those of the search before stay until they are there. */
export async function startHeat(query: URLSearchParams): Promise<void> {
  abort.abort();
  abort = new AbortController();
  const { signal: aborted } = abort;
  try {
    // What reads Arrow comes with the first search: the first load stays small.
    const [bytes, { decodeHeat }] = await Promise.all([fetchHeat(heatQuery(query), aborted), import('./heat-decode.ts')]);
    if (aborted.aborted) return;
    heat.value = decodeHeat(bytes, COLUMNS, ROWS);
    heatError.value = '';
  } catch (error) {
    if (isAbort(error)) return;
    heat.value = null;
    heatError.value = messageOf(error);
  }
}

/** Stops the request because its page goes. */
export function leaveHeat(): void {
  abort.abort();
}

export function clearHeat(): void {
  abort.abort();
  heat.value = null;
  heatError.value = '';
}

/** The search without its order and its bounds; a narrowed one has its box for the whole picture. */
function heatQuery(query: URLSearchParams): URLSearchParams {
  const asked = new URLSearchParams(query);
  for (const name of ['sort', 'limit', 'explain']) asked.delete(name);
  const box = asked.get('box')?.split(',');
  if (box) {
    // Unix ns to whole µs around them.
    asked.set('start', String(BigInt(box[0]) / 1000n));
    asked.set('end', String(BigInt(box[1]) / 1000n + 1n));
  }
  asked.set('x', String(COLUMNS));
  asked.set('y', String(ROWS));
  return asked;
}
