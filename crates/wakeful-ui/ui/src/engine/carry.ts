import { type Columns, NO_ROW } from './columns.ts';

/**
 * Where each row of `old` stands in `fresh`, or -1: the same trace, read again after spans were added to it. Rows have no
 * ids here, but spans are only ever added, and siblings keep their order: so a row goes to the first sibling not taken yet
 * of equal start, name and service, below where its parent went. `shift` is how much later, in nanoseconds, `old` counts from.
 */
export function carried(old: Columns, fresh: Columns, shift: number): Int32Array {
  const rowOf = new Int32Array(old.count).fill(-1);
  const names = translation(old.names, fresh.names);
  const services = translation(old.services, fresh.services);
  /** By row of `fresh` + 1, where the search among its children goes on; the first is that of the roots. */
  const next = new Int32Array(fresh.count + 1).fill(-1);
  const taken = new Uint8Array(fresh.count);
  for (let row = 0; row < old.count; row++) {
    const parent = old.parent[row] === NO_ROW ? -1 : rowOf[old.parent[row]];
    if (parent < 0 && old.parent[row] !== NO_ROW) continue;
    const end = parent < 0 ? fresh.count : parent + fresh.size[parent];
    let candidate = next[parent + 1] < 0 ? parent + 1 : next[parent + 1];
    const start = old.start[row] + shift;
    // Siblings stand by start: those before are new.
    while (candidate < end && (taken[candidate] || fresh.start[candidate] < start)) candidate += fresh.size[candidate];
    next[parent + 1] = candidate;
    for (let at = candidate; at < end && fresh.start[at] === start; at += fresh.size[at]) {
      if (taken[at] || fresh.name[at] !== names[old.name[row]] || fresh.service[at] !== services[old.service[row]]) continue;
      rowOf[row] = at;
      taken[at] = 1;
      break;
    }
  }
  return rowOf;
}

function translation(from: readonly string[], to: readonly string[]): number[] {
  const codes = new Map(to.map((text, code) => [text, code]));
  return from.map((text) => codes.get(text) ?? -1);
}
