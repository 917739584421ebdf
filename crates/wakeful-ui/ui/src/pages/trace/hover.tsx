import { useLayoutEffect, useRef } from 'preact/hooks';
import { isError, kindOf, OPEN } from '../../engine/flags.ts';
import { formatDuration, formatExact } from '../../engine/format.ts';
import type { RowInfo } from '../../engine/protocol.ts';
import { Hostile } from '../../widgets/hostile.tsx';
import type { TraceModel } from './model.ts';

export interface Hovered {
  /** From the rows' left and top edge. */
  x: number;
  y: number;
  /** From the bars' left edge; negative over the names. */
  time: number;
  info: RowInfo | undefined;
}

const TOLERANCE_PX = 3;
const GAP_PX = 12;

/** The cursor line, and what is said of the bar under the pointer. */
export function Hover({ at, model, left }: { at: Hovered; model: TraceModel; left: number }) {
  const box = useRef<HTMLDivElement>(null);
  const { w, h } = model.view.value;
  useLayoutEffect(() => {
    if (!box.current) return;
    const { offsetWidth, offsetHeight } = box.current;
    const x = at.x + GAP_PX + offsetWidth > left + w ? at.x - GAP_PX - offsetWidth : at.x + GAP_PX;
    const y = at.y + GAP_PX + offsetHeight > h ? at.y - GAP_PX - offsetHeight : at.y + GAP_PX;
    box.current.style.transform = `translate(${Math.max(0, x)}px, ${Math.max(0, y)}px)`;
  });
  if (at.time < 0) return null;
  const info = at.info && isOn(at, model) ? at.info : undefined;
  return (
    <>
      <div class="crosshair" aria-hidden="true" style={{ left: `${at.x}px` }} />
      {info && (
        <div class="tooltip" ref={box} aria-hidden="true">
          <strong>
            <Hostile text={info.name} />
          </strong>{' '}
          <Hostile text={info.service} />
          <br />
          {formatDuration(info.dur)} <small>({formatExact(info.dur)})</small>
          <br />
          from {formatDuration(info.start)}
          {kindOf(info.flags) && ` · ${kindOf(info.flags)}`}
          {info.flags & OPEN ? ' · open' : ''}
          {isError(info.flags) && <span class="errors"> · error</span>}
        </div>
      )}
    </>
  );
}

/** Whether the picture has the span under the pointer, or a few pixels beside it. */
function isOn(at: Hovered, model: TraceModel): boolean {
  const picture = model.picture.peek();
  if (!picture || !at.info) return false;
  const width = Math.ceil(picture.view.w);
  const line = (at.info.index - picture.rows[0].index) * width;
  const from = Math.max(0, Math.floor(at.time) - TOLERANCE_PX);
  const to = Math.min(width, Math.floor(at.time) + TOLERANCE_PX + 1);
  return picture.pick.subarray(line + from, line + to).includes(at.info.row + 1);
}
