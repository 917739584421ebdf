import { type Columns, NO_ROW } from './columns.ts';
import { ADJUSTED, OPEN, PLACEHOLDER } from './flags.ts';

/** What only all rows together can tell. */
export interface Tally {
  /** Spans that have not ended. */
  open: number;
  /** Spans whose clock was corrected. */
  adjusted: number;
  /** Services of the spans without a parent, each once, sorted; a parent that was not received is none. */
  rootServices: string[];
  /** The first span without a parent; null if no row is a span. */
  root: { service: string; name: string } | null;
}

export function tallyOf({ count, parent, flags, service, services, name, names }: Columns): Tally {
  const roots = new Set<number>();
  let [open, adjusted, first] = [0, 0, -1];
  for (let row = 0; row < count; row++) {
    if (flags[row] & PLACEHOLDER) continue;
    if (flags[row] & OPEN) open++;
    if (flags[row] & ADJUSTED) adjusted++;
    const above = parent[row];
    if (above !== NO_ROW && !(flags[above] & PLACEHOLDER)) continue;
    roots.add(service[row]);
    if (first < 0) first = row;
  }
  const root = first < 0 ? null : { service: services[service[first]] ?? '', name: names[name[first]] ?? '' };
  return { open, adjusted, rootServices: [...roots].map((code) => services[code] ?? '').sort(), root };
}
