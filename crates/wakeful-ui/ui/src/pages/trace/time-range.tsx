import { formatDuration, formatExact, plural } from '../../engine/format.ts';
import { show } from '../../engine/view.ts';
import { Icon } from '../../widgets/icon.tsx';
import { exportView } from './export.ts';
import type { TraceModel } from './model.ts';

/** A time that was dragged over, in nanoseconds from the trace's base, and the lines it went over. */
export interface TimeRange {
  from: number;
  to: number;
  lines: [first: number, last: number];
}

export function zoomToRange(model: TraceModel, { from, to }: TimeRange): void {
  model.range.value = null;
  model.commitView(show(model.view.peek(), from, to, model.duration));
}

/** The dragged time over the bars, and what can be done with it. */
export function RangeBox({ model, left }: { model: TraceModel; left: number }) {
  const range = model.range.value;
  const view = model.picture.value?.view;
  if (!range || !view) return null;
  const x0 = Math.max(0, (range.from - view.t0) / view.nsPerPx);
  const x1 = Math.min(view.w, (range.to - view.t0) / view.nsPerPx);
  if (x1 <= x0) return null;
  const top = Math.max(0, (range.lines[0] - view.scrollRow) * view.rowPx);
  const bottom = Math.min(view.h, (range.lines[1] + 1 - view.scrollRow) * view.rowPx);
  return (
    <div
      class="range"
      aria-hidden="true"
      style={{ left: `${left + x0}px`, width: `${x1 - x0}px`, top: `${top}px`, height: `${Math.max(0, bottom - top)}px` }}
    />
  );
}

/** Where the timeline says what was dragged over. */
export function RangeBar({ model }: { model: TraceModel }) {
  const range = model.range.value;
  if (!range) return null;
  const span = range.to - range.from;
  return (
    <div class="range-bar" role="toolbar" aria-label="Selected time">
      <span title={formatExact(span)}>
        {formatDuration(span)} from {formatDuration(range.from)}, {plural(range.lines[1] - range.lines[0] + 1, model.look.value.layout === 'packed' ? 'lane' : 'row')}
      </span>
      <button type="button" class="main" title="Show this time alone (f)" onClick={() => zoomToRange(model, range)}>
        Zoom
      </button>
      <button type="button" title="Save what is on screen as a picture" onClick={() => void exportView(model, 'png')}>
        Export PNG
      </button>
      <button type="button" class="icon" aria-label="Clear the selected time" title="Clear (Esc)" onClick={() => (model.range.value = null)}>
        <Icon name="close" />
      </button>
    </div>
  );
}
