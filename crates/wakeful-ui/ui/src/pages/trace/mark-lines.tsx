import { formatDuration } from '../../engine/format.ts';
import type { TraceModel } from './model.ts';

/** Room that the length of a mark needs between its lines. */
const TEXT_PX = 60;

/** Marked times over the bars: a line at both ends, and how long it is between them. */
export function MarkLines({ model, left }: { model: TraceModel; left: number }) {
  const view = model.picture.value?.view;
  if (!view) return null;
  return model.marks.all.value.map(({ from, to, kept }) => {
    const x0 = Math.max(-2, (from - view.t0) / view.nsPerPx);
    const x1 = Math.min(view.w + 2, (to - view.t0) / view.nsPerPx);
    if (x1 < 0 || x0 > view.w) return null;
    return (
      <div
        key={`${from}-${to}-${kept}`}
        class={kept ? 'time-mark kept' : 'time-mark'}
        aria-hidden="true"
        style={{ left: `${left + x0}px`, width: `${Math.max(2, x1 - x0)}px` }}
      >
        {x1 - x0 > TEXT_PX && <span>{formatDuration(to - from)}</span>}
      </div>
    );
  });
}
