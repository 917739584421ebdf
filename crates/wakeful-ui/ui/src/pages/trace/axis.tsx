import { useRef, useState } from 'preact/hooks';
import { axisOf } from '../../engine/ticks.ts';
import { show } from '../../engine/view.ts';
import type { TraceModel } from './model.ts';

/** Room a label needs at the right edge before it would be cut. */
const LABEL_PX = 56;
const DRAG_PX = 3;

/** Round instants over the bars; dragging zooms to what was dragged over. */
export function Axis({ model, left }: { model: TraceModel; left: number }) {
  const host = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<[number, number] | null>(null);
  // Labels belong to the picture on screen, not to the view that is being drawn.
  const view = model.picture.value?.view ?? model.view.value;
  const { ticks, offset } = axisOf(view);
  const x = (event: PointerEvent) => event.clientX - (host.current?.getBoundingClientRect().left ?? 0);
  const onPointerUp = () => {
    if (drag && Math.abs(drag[1] - drag[0]) > DRAG_PX) {
      const [a, b] = [Math.min(...drag), Math.max(...drag)];
      model.commitView(show(view, view.t0 + a * view.nsPerPx, view.t0 + b * view.nsPerPx, model.duration));
    }
    setDrag(null);
  };
  return (
    <div
      class="axis"
      ref={host}
      aria-hidden="true"
      style={{ left: `${left}px`, width: `${view.w}px` }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag([x(event), x(event)]);
      }}
      onPointerMove={(event) => drag && setDrag([drag[0], x(event)])}
      onPointerUp={onPointerUp}
      onPointerCancel={() => setDrag(null)}
    >
      {offset && <span class="offset">{offset}</span>}
      {ticks.map((tick) => (
        <span
          key={tick.label}
          class={tick.x > view.w - LABEL_PX ? 'tick last' : 'tick'}
          style={{ left: `${tick.x}px` }}
        >
          {tick.label}
        </span>
      ))}
      {drag && (
        <span
          class="dragged"
          style={{ left: `${Math.min(...drag)}px`, width: `${Math.abs(drag[1] - drag[0])}px` }}
        />
      )}
    </div>
  );
}
