import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { formatDuration } from '../../engine/format.ts';
import { clamp, show, windowEnd } from '../../engine/view.ts';
import type { TraceModel } from './model.ts';
import { present } from './picture-canvas.ts';

const HEIGHT = 56;
/** A drag shorter than this is a click. */
const DRAG_PX = 3;

/** The whole trace, and the window of it that the timeline shows: drag to zoom, or move the window's ends. */
export function Minimap({ model }: { model: TraceModel }) {
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [drag, setDrag] = useState<[number, number] | null>(null);
  const view = model.view.value;
  const duration = model.facts.value?.durationNanos ?? 0;
  const image = model.overview.value;

  useEffect(() => {
    if (!host.current) return;
    const observer = new ResizeObserver(([entry]) => {
      model.setOverview(entry.contentRect.width, HEIGHT, window.devicePixelRatio);
    });
    observer.observe(host.current);
    return () => observer.disconnect();
  }, [model]);
  useLayoutEffect(() => {
    if (canvas.current && image) present(canvas.current, image);
  }, [image]);

  const share = (nanos: number) => Math.min(1, Math.max(0, duration > 0 ? nanos / duration : 0));
  const [from, to] = [share(view.t0), duration > 0 ? share(windowEnd(view)) : 1];
  const position = (event: PointerEvent): number => {
    const box = host.current?.getBoundingClientRect();
    return box ? Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) : 0;
  };
  const zoomTo = (a: number, b: number) => {
    model.commitView(show(model.view.peek(), Math.min(a, b) * duration, Math.max(a, b) * duration, duration));
  };

  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0 || (event.target as HTMLElement).role === 'slider') return;
    host.current?.setPointerCapture(event.pointerId);
    setDrag([position(event), position(event)]);
  };
  const onPointerMove = (event: PointerEvent) => {
    if (drag) setDrag([drag[0], position(event)]);
  };
  const onPointerUp = () => {
    if (!drag) return;
    const width = host.current?.clientWidth ?? 0;
    if (Math.abs(drag[1] - drag[0]) * width > DRAG_PX) {
      zoomTo(drag[0], drag[1]);
    } else {
      const span = view.w * view.nsPerPx;
      model.setView(clamp({ ...view, t0: drag[0] * duration - span / 2 }, duration));
    }
    setDrag(null);
  };

  return (
    <div
      class="minimap"
      ref={host}
      data-testid="minimap"
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={() => setDrag(null)}
      onDblClick={() => zoomTo(0, 1)}
    >
      <canvas ref={canvas} aria-hidden="true" />
      <Shade from={0} to={from} kind="outside" />
      <Shade from={to} to={1} kind="outside" />
      {drag && <Shade from={Math.min(...drag)} to={Math.max(...drag)} kind="dragged" />}
      <Handle model={model} end="start" at={from} position={position} />
      <Handle model={model} end="end" at={to} position={position} />
    </div>
  );
}

function Shade({ from, to, kind }: { from: number; to: number; kind: string }) {
  return <div class={kind} style={{ left: `${from * 100}%`, width: `${Math.max(0, to - from) * 100}%` }} />;
}

interface HandleProps {
  model: TraceModel;
  end: 'start' | 'end';
  at: number;
  position: (event: PointerEvent) => number;
}

/** One end of the window; arrow keys move the window, with Shift this end alone. */
function Handle({ model, end, at, position }: HandleProps) {
  const duration = model.facts.value?.durationNanos ?? 0;
  const resize = (to: number) => {
    const { t0 } = model.view.peek();
    const t1 = windowEnd(model.view.peek());
    const least = duration * 1e-6;
    if (end === 'start') model.setView(show(model.view.peek(), Math.min(to * duration, t1 - least), t1, duration));
    else model.setView(show(model.view.peek(), t0, Math.max(to * duration, t0 + least), duration));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const view = model.view.peek();
    const span = view.w * view.nsPerPx;
    const by = { ArrowLeft: -0.1, ArrowRight: 0.1 }[event.key];
    if (event.key === 'Home') model.setView(clamp({ ...view, t0: 0 }, duration));
    else if (event.key === 'End') model.setView(clamp({ ...view, t0: duration - span }, duration));
    else if (by === undefined) return;
    else if (event.shiftKey) resize(at + (by * span) / Math.max(1, duration));
    else model.setView(clamp({ ...view, t0: view.t0 + by * span }, duration));
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      class={`handle ${end}`}
      role="slider"
      tabIndex={0}
      aria-label={end === 'start' ? 'Window start' : 'Window end'}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(at * 100)}
      aria-valuetext={formatDuration(at * duration)}
      style={{ left: `${at * 100}%` }}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) resize(position(event));
      }}
      onKeyDown={onKeyDown}
    />
  );
}
