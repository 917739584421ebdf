import { useLayoutEffect, useRef } from 'preact/hooks';
import { BUSY_MASK, BUSY_SHIFT, INTERVALS, isError, JOINED, kindOf, OPEN } from '../../engine/flags.ts';
import { formatCount, formatDuration, formatExact, plural } from '../../engine/format.ts';
import type { RowInfo } from '../../engine/protocol.ts';
import { Hostile } from '../../widgets/hostile.tsx';
import type { TraceModel } from './model.ts';
import type { LaneItem } from './opened.ts';
import type { Picked } from './picked.ts';

export interface Hovered {
  /** From the rows' left and top edge. */
  x: number;
  y: number;
  /** From the bars' left edge; negative over the names. */
  time: number;
  picked: Picked;
  /** What is there in a lane below a span, if it is one. */
  lane: LaneItem | null;
}

type Said = Pick<RowInfo, 'row' | 'name' | 'service' | 'start' | 'dur' | 'flags'>;

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
  const { said, count, errors, longest } = saidOf(model, at.picked);
  return (
    <>
      <div class="crosshair" aria-hidden="true" style={{ left: `${at.x}px` }} />
      {at.lane && at.lane.item >= 0 && (
        <div class="tooltip" ref={box} aria-hidden="true">
          {model.opened.textOf(at.lane).map((line) => (
            <div key={line}>
              <Hostile text={line} />
            </div>
          ))}
        </div>
      )}
      {said && !at.lane && (
        <div class="tooltip" ref={box} aria-hidden="true">
          <strong>
            <Hostile text={said.name} />
          </strong>{' '}
          <Hostile text={said.service} />
          <br />
          {formatDuration(said.dur)} <small>({formatExact(said.dur)})</small>
          <br />
          from {formatDuration(said.start)}
          {kindOf(said.flags) && ` · ${kindOf(said.flags)}`}
          {said.flags & OPEN ? ' · open' : ''}
          {isError(said.flags) && <span class="errors"> · error</span>}
          {said.flags & INTERVALS ? ` · busy ${busyShare(said.flags)}` : ''}
          {said.flags & JOINED ? ' · intervals joined' : ''}
          {count > 1 && (
            <>
              <br />
              {plural(count, 'span')} here, longest {formatDuration(longest)}
              {errors > 0 && <span class="errors">, {plural(errors, 'error')}</span>}: zoom
            </>
          )}
        </div>
      )}
    </>
  );
}

/** Of a row alone, its line tells; where many share a pixel, the engine was asked. */
function saidOf(model: TraceModel, { row, line }: Picked): { said?: Said; count: number; errors: number; longest: number } {
  const none = { count: 1, errors: 0, longest: 0 };
  if (row < 0) return none;
  const probed = model.probed.value;
  if (probed?.row === row && probed.line === line) return { ...probed, said: probed };
  return { ...none, said: model.picture.peek()?.rows.find((info) => info.row === row && info.run === null) };
}

function busyShare(flags: number): string {
  return `${formatCount(Math.round((((flags >>> BUSY_SHIFT) & BUSY_MASK) / BUSY_MASK) * 100))} %`;
}
