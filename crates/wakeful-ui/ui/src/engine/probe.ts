import { isError } from './flags.ts';
import type { Reply, Request } from './protocol.ts';
import type { Scene } from './scene.ts';

/** What stands under a pointer: the span that won the pixel, and how many others share it. */
export function probe(scene: Scene, { row, line, from, to }: Extract<Request, { kind: 'probe' }>): Extract<Reply, { kind: 'probed' }> {
  const { columns } = scene;
  const others = { count: 0, errors: 0, longest: 0 };
  const look = (candidate: number) => {
    const { start, dur, flags } = columns;
    if (start[candidate] >= to || start[candidate] + dur[candidate] < from) return;
    others.count++;
    if (isError(flags[candidate])) others.errors++;
    others.longest = Math.max(others.longest, dur[candidate]);
  };
  if (scene.look.layout === 'packed') {
    const { rows, from: places } = scene.packed;
    for (let i = places[line]; i < places[line + 1]; i++) look(rows[i]);
  } else {
    const run = scene.tree.runs.of(row);
    const folded = run && scene.tree.standsForRun(run.first) ? run : undefined;
    if (folded) for (let at = folded.first; at < folded.end; at += columns.size[at]) look(at);
    else look(row);
  }
  return {
    kind: 'probed',
    row,
    line,
    name: columns.names[columns.name[row]] ?? '',
    service: columns.services[columns.service[row]] ?? '',
    start: columns.start[row],
    dur: columns.dur[row],
    flags: columns.flags[row],
    ...others,
  };
}
