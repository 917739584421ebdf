import type { Columns } from './columns.ts';

/** Whether a query is TraceQL: conditions, which only the server can tell of a span. */
export function isTraceql(query: string): boolean {
  return query.trimStart().startsWith('{');
}

/** Words by space, phrases by quotes; letters' case does not count. TraceQL has none. */
export function words(query: string): string[] {
  if (isTraceql(query)) return [];
  const found: string[] = [];
  for (const match of query.toLowerCase().matchAll(/"([^"]*)"|([^\s"]+)/g)) {
    const word = (match[1] ?? match[2]).trim();
    // `-key` leaves an attribute key out; names know no keys.
    if (word !== '' && !(match[2] && word.startsWith('-'))) found.push(word);
  }
  return found;
}

/** Whether a text holds one of the words. */
export function holdsAny(wanted: readonly string[], text: string): boolean {
  const lower = text.toLowerCase();
  return wanted.some((word) => lower.includes(word));
}

export interface Hits {
  /** By row, 1 = hit. */
  mask: Uint8Array;
  /** Ascending. */
  rows: Uint32Array<ArrayBuffer>;
}

/**
 * Rows whose operation or service holds any word of the query; null if the query asks nothing. `old` is written over: of a
 * million rows, each letter that is typed would leave megabytes behind.
 */
export function findRows(columns: Columns, query: string, old: Hits | null = null): Hits | null {
  const wanted = words(query);
  if (wanted.length === 0) return null;
  const matches = (text: string) => (holdsAny(wanted, text) ? 1 : 0);
  const names = Uint8Array.from(columns.names, matches);
  const services = Uint8Array.from(columns.services, matches);
  const mask = old?.mask.length === columns.count ? old.mask : new Uint8Array(columns.count);
  for (let row = 0; row < columns.count; row++) mask[row] = names[columns.name[row]] | services[columns.service[row]];
  return { mask, rows: rowsOf(mask, old) };
}

/** The rows of a mask, written over those of `old` if they have the room. */
export function rowsOf(mask: Uint8Array, old: Hits | null): Uint32Array<ArrayBuffer> {
  let count = 0;
  for (let row = 0; row < mask.length; row++) count += mask[row];
  const room = old?.rows.buffer;
  const rows = room && room.byteLength >= count * Uint32Array.BYTES_PER_ELEMENT ? new Uint32Array(room, 0, count) : new Uint32Array(count);
  for (let row = 0, at = 0; row < mask.length; row++) if (mask[row]) rows[at++] = row;
  return rows;
}
