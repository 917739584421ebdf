import { type Batch, Columns } from './columns.ts';

/** All rows of a trace as plain arrays, for whoever computes with them elsewhere. */
export interface Snapshot extends Batch {
  names: string[];
  services: string[];
}

/** A copy that can be handed to another thread; `buffersOf` names what can be moved there. */
export function snapshotOf(columns: Columns): Snapshot {
  const { count, names, services } = columns;
  return {
    count,
    start: columns.start.slice(0, count),
    dur: columns.dur.slice(0, count),
    parent: columns.parent.slice(0, count),
    name: columns.name.slice(0, count),
    service: columns.service.slice(0, count),
    flags: columns.flags.slice(0, count),
    names: [...names],
    services: [...services],
  };
}

export function buffersOf({ start, dur, parent, name, service, flags }: Snapshot): ArrayBufferLike[] {
  return [start, dur, parent, name, service, flags].map(({ buffer }) => buffer);
}

/** The columns again, with what is derived from them. */
export function restored(snapshot: Snapshot): Columns {
  const columns = new Columns();
  columns.names = snapshot.names;
  columns.services = snapshot.services;
  columns.append(snapshot);
  return columns;
}
