import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { formatCount } from '../../engine/format.ts';
import { Axis } from './axis.tsx';
import { watchGestures } from './gestures.ts';
import { ScrollScale } from '../../widgets/scroll-scale.ts';
import { Hover, type Hovered } from './hover.tsx';
import { layoutFor, NAME_DEFAULT, nameWidth } from './layout.ts';
import type { TraceModel } from './model.ts';
import { LaneRow } from './lane-row.tsx';
import { MarkLines } from './mark-lines.tsx';
import { blank, present } from './picture-canvas.ts';
import { pickedAt } from './picked.ts';
import { Row, rowId } from './row.tsx';
import { SpanMenu } from './span-menu.tsx';
import { SpanLane } from './span-lane.tsx';
import { RangeBar, RangeBox } from './time-range.tsx';
import { onTimelineKey } from './timeline-keys.ts';

/** The tree of spans with its bars: names are elements, bars are a picture over them, both of one moment. */
export function Timeline({ model }: { model: TraceModel }) {
  const host = useRef<HTMLDivElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const texts = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [wanted, setWanted] = useState(NAME_DEFAULT);
  const [hovered, setHovered] = useState<Hovered | null>(null);
  const picture = model.picture.value;
  const packed = model.look.value.layout === 'packed';
  const layout = layoutFor(width, matchMedia('(pointer: coarse)').matches, wanted, packed);
  const { h, rowPx } = model.view.value;
  const scale = new ScrollScale(model.visible.value, rowPx, h);

  useEffect(() => {
    const body = scroller.current;
    if (!body) return;
    const observer = new ResizeObserver(() => {
      setWidth(body.clientWidth);
      const { name, rows } = layoutFor(body.clientWidth, matchMedia('(pointer: coarse)').matches, wanted, packed);
      model.resize({ w: body.clientWidth - name, h: body.clientHeight, dpr: window.devicePixelRatio, ...rows });
    });
    observer.observe(body);
    return () => observer.disconnect();
  }, [model, wanted, packed]);

  useLayoutEffect(() => {
    if (!canvas.current || !texts.current || !picture) return;
    present(canvas.current, picture.image);
    if (picture.text) present(texts.current, picture.text);
    else blank(texts.current);
    model.shown(picture);
  }, [picture]);

  // The engine may ask for another row, or folding shorten the list: the scrollbar follows.
  const row = model.view.value.scrollRow;
  useLayoutEffect(() => {
    const body = scroller.current;
    if (!body) return;
    const px = scale.pxAt(row);
    if (Math.abs(body.scrollTop - px) > 1) body.scrollTop = px;
  }, [row, scale.height]);

  // The pointer stays where it is while the picture changes under it: what is there is looked up anew.
  const hover = (event: MouseEvent) => {
    const picture = model.picture.peek();
    if (!picture || !scroller.current) return;
    const box = scroller.current.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const picked = pickedAt(picture, x - layout.name, y);
    const info = picture.rows.find(({ index }) => index === picked.line);
    if (picked.row >= 0 && (packed || info?.run)) model.probe(picked.row, picked.line, picked.x);
    const lane = info && info.laneAt >= 0 ? { row: info.row, item: model.opened.itemAt(info.row, info.laneAt, picture.view.t0 + (x - layout.name) * picture.view.nsPerPx) } : null;
    setHovered({ x, y, time: x - layout.name, picked, lane });
  };
  useEffect(() => {
    const body = scroller.current;
    if (!body) return;
    const at = (event: MouseEvent) => {
      const box = body.getBoundingClientRect();
      return { x: event.clientX - box.left - layout.name, y: event.clientY - box.top };
    };
    return watchGestures(body, model, { at, longPress: hover });
  }, [model, layout.name, packed]);

  const onScroll = () => {
    const body = scroller.current;
    if (!body) return;
    const view = model.view.peek();
    const next = new ScrollScale(model.visible.peek(), view.rowPx, view.h).rowAt(body.scrollTop);
    // What the scrollbar cannot tell apart is what was asked for.
    if (Math.abs(next - view.scrollRow) * view.rowPx > 1) model.setView({ ...view, scrollRow: next });
  };
  const onPointerMove = (event: PointerEvent) => {
    if (event.pointerType === 'touch') setHovered(null);
    else hover(event);
  };
  const onClick = (event: MouseEvent) => {
    if (!packed || !picture || !scroller.current) return;
    const box = scroller.current.getBoundingClientRect();
    const { row } = pickedAt(picture, event.clientX - box.left, event.clientY - box.top);
    model.select(row);
    if (row >= 0) model.setPanel(true);
  };

  const onContextMenu = (event: MouseEvent) => {
    if (!picture || !scroller.current) return;
    const box = scroller.current.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const picked = pickedAt(picture, x - layout.name, y);
    const info = picture.rows.find(({ index }) => index === picked.line);
    const probed = model.probed.peek();
    // A lane has many spans: the one under the pointer was asked for when the pointer came there.
    const span = packed ? probed?.row === picked.row && probed.row >= 0 && { ...probed, children: 0 } : info;
    if (!span) return;
    model.menu.value = { span, x, y };
    event.preventDefault();
  };

  const state = model.state.value;
  const active = picture?.rows.some((info) => info.row === model.selected.value) ? rowId(model.selected.value) : undefined;
  return (
    <div
      class={layout.narrow ? 'timeline narrow' : 'timeline'}
      ref={host}
      data-testid="timeline"
      data-state={state}
      data-rows={model.rows.value}
      data-visible={model.visible.value}
      data-layout={picture?.layout}
      data-seq={picture?.seq}
      data-t0={picture?.view.t0}
      data-ns-per-px={picture?.view.nsPerPx}
      data-redraw-p95={model.times.p95.value.toFixed(1)}
      onKeyDown={(event) => onTimelineKey(model, event, hovered?.time)}
    >
      <div class="top">
        {layout.name > 0 && (
          <>
            <div class="names" style={{ width: `${layout.name}px` }}>
              Service and operation
            </div>
            <Separator width={layout.name} onMove={(px) => setWanted(nameWidth(px, width))} host={host} />
          </>
        )}
        <Axis model={model} left={layout.name} />
      </div>
      <div
        class="rows"
        ref={scroller}
        role="treegrid"
        aria-label="Spans"
        aria-rowcount={model.visible.value}
        aria-colcount={5}
        aria-activedescendant={active}
        aria-busy={state === 'loading'}
        tabIndex={0}
        onScroll={onScroll}
        onClick={onClick}
        onContextMenu={onContextMenu}
        onPointerMove={onPointerMove}
        onPointerLeave={() => setHovered(null)}
      >
        <div class="extent" style={{ height: `${Math.max(scale.height, h)}px` }}>
          <div class="screen" style={{ height: `${h}px` }}>
            {picture?.rows.map((info) => {
              const top = (info.index - picture.view.scrollRow) * picture.view.rowPx;
              const shared = { info, top, height: picture.view.rowPx, selected: info.row === model.selected.value };
              if (info.laneAt >= 0) {
                const { selected: _, ...place } = shared;
                return <SpanLane key={`${info.row} ${info.laneAt}`} {...place} name={layout.name} model={model} />;
              }
              return picture.layout === 'packed' ? (
                <LaneRow key={info.index} {...shared} />
              ) : (
                <Row key={info.row} {...shared} name={layout.name} model={model} />
              );
            })}
            {[canvas, texts].map((ref, layer) => (
              <canvas
                key={layer}
                ref={ref}
                aria-hidden="true"
                style={{ left: `${layout.name}px`, width: `${model.view.value.w}px`, height: `${picture?.height ?? h}px` }}
              />
            ))}
            <MarkLines model={model} left={layout.name} />
            <RangeBox model={model} left={layout.name} />
            {hovered && picture && <Hover at={hovered} model={model} left={layout.name} />}
          </div>
        </div>
      </div>
      <RangeBar model={model} />
      {scroller.current && <SpanMenu model={model} host={scroller.current} />}
      {picture?.rows.length === 0 && state !== 'loading' && <p class="hint">{formatCount(0)} rows</p>}
    </div>
  );
}

interface SeparatorProps {
  width: number;
  onMove: (px: number) => void;
  host: RefObject<HTMLElement | null>;
}

/** The border between names and bars: dragged, or moved by arrow keys. */
function Separator({ width, onMove, host }: SeparatorProps) {
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
    if (by === undefined) return;
    onMove(width + by);
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      class="separator"
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label="Width of the names"
      aria-valuemin={0}
      aria-valuemax={host.current?.clientWidth ?? 1000}
      aria-valuenow={width}
      style={{ left: `${width}px` }}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
        onMove(event.clientX - (host.current?.getBoundingClientRect().left ?? 0));
      }}
      onKeyDown={onKeyDown}
    />
  );
}
