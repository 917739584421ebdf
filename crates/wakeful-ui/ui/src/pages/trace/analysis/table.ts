import type { Columns } from '../../../engine/columns.ts';
import { INTERVALS, isError, PLACEHOLDER, STATUS_MASK } from '../../../engine/flags.ts';
import { busyShare } from './statistics.ts';

export const TABLE_FIELDS = [
  ['service', 'Service Name'],
  ['name', 'Span Name'],
  ['dur', 'Duration'],
  ['start', 'Start Time'],
  ['status', 'Status'],
  ['self', 'Self'],
  ['busy', 'Busy'],
] as const;

export type TableField = (typeof TABLE_FIELDS)[number][0];

/** What a table of spans shows: texts match anywhere, no letter's case counts; durations are nanoseconds. */
export interface TableFilter {
  service: string;
  name: string;
  status: '' | 'error' | 'ok' | 'unset';
  least: number;
}

export interface TableRow {
  row: number;
  service: string;
  name: string;
  start: number;
  dur: number;
  self: number;
  /** NaN if it is not known. */
  busy: number;
  status: 'unset' | 'ok' | 'error';
}

const STATUSES = ['unset', 'ok', 'error', 'unset'] as const;

/** The rows that pass a filter, in an order: equal ones in the order of the trace. */
export function tableRows(
  columns: Columns,
  self: Float64Array,
  filter: TableFilter,
  field: TableField,
  descending: boolean,
): Uint32Array {
  const { count, flags, dur, service, name, services, names } = columns;
  const holds = (texts: readonly string[], wanted: string) => {
    const lower = wanted.trim().toLowerCase();
    return Uint8Array.from(texts, (text) => (text.toLowerCase().includes(lower) ? 1 : 0));
  };
  const serviceFits = holds(services, filter.service);
  const nameFits = holds(names, filter.name);
  const rows = new Uint32Array(count);
  let kept = 0;
  for (let row = 0; row < count; row++) {
    const fits = serviceFits[service[row]] && nameFits[name[row]] && dur[row] >= filter.least;
    if (!fits || flags[row] & PLACEHOLDER) continue;
    if (filter.status !== '' && STATUSES[flags[row] & STATUS_MASK] !== filter.status) continue;
    rows[kept++] = row;
  }
  const keys = keysOf(columns, self, field);
  const sign = descending ? -1 : 1;
  return rows.subarray(0, kept).sort((a, b) => sign * (keys[a] - keys[b]) || a - b);
}

/** A number by row that sorts as the field does. */
function keysOf(columns: Columns, self: Float64Array, field: TableField): ArrayLike<number> {
  const { count, flags, dur } = columns;
  switch (field) {
    case 'service':
      return rankOf(columns.services, columns.service, count);
    case 'name':
      return rankOf(columns.names, columns.name, count);
    case 'dur':
    case 'start':
      return columns[field];
    case 'self':
      return self;
    case 'status':
      return Uint8Array.from({ length: count }, (_, row) => (isError(flags[row]) ? 2 : flags[row] & 1));
    case 'busy':
      return Float64Array.from({ length: count }, (_, row) => (flags[row] & INTERVALS ? dur[row] * busyShare(flags[row]) : -1));
  }
}

/** By row: the place of its text among all texts in order. */
function rankOf(texts: readonly string[], codes: ArrayLike<number>, count: number): Uint32Array {
  const order = texts.map((_, code) => code).sort((a, b) => (texts[a] < texts[b] ? -1 : 1));
  const rank = new Uint32Array(texts.length);
  order.forEach((code, place) => {
    rank[code] = place;
  });
  return Uint32Array.from({ length: count }, (_, row) => rank[codes[row]]);
}

export function tableRow(columns: Columns, self: Float64Array, row: number): TableRow {
  const flags = columns.flags[row];
  return {
    row,
    service: columns.services[columns.service[row]] ?? '',
    name: columns.names[columns.name[row]] ?? '',
    start: columns.start[row],
    dur: columns.dur[row],
    self: self[row],
    busy: flags & INTERVALS ? columns.dur[row] * busyShare(flags) : Number.NaN,
    status: STATUSES[flags & STATUS_MASK],
  };
}
