import { isError, kindOf, OPEN } from '../../engine/flags.ts';
import { formatDuration, plural } from '../../engine/format.ts';
import type { RowInfo } from '../../engine/protocol.ts';
import { rowId } from './row.tsx';

/** A lane of the packed layout for whoever does not see it: the span that is selected in it, else the one in the middle. */
export function LaneRow({ info, top, height, selected }: { info: RowInfo; top: number; height: number; selected: boolean }) {
  const state = [isError(info.flags) ? 'error' : '', info.flags & OPEN ? 'open' : '', kindOf(info.flags)];
  return (
    <div
      id={rowId(info.row)}
      class="row lane"
      role="row"
      aria-rowindex={info.index + 1}
      aria-level={1}
      aria-selected={selected}
      data-row={info.row}
      style={{ transform: `translateY(${top}px)`, height: `${height}px` }}
    >
      <span class="unseen" role="gridcell">
        {info.name}
      </span>
      <span class="unseen" role="gridcell">
        {info.service}
      </span>
      <span class="unseen" role="gridcell">
        starts at {formatDuration(info.start)}
      </span>
      <span class="unseen" role="gridcell">
        {formatDuration(info.dur)}
      </span>
      <span class="unseen" role="gridcell">
        {[...state, `one of ${plural(info.items, 'span')} in this lane`].filter(Boolean).join(', ')}
      </span>
    </div>
  );
}
