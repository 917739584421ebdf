import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { alongArrow, arrowsOf, drawnLanes, itemAt, itemText, laneStarts } from '../../data/runtime/lane-items.ts';
import type { Stretch } from '../../data/runtime/lane-splice.ts';
import { KIND, type Lanes } from '../../data/runtime/lane-kinds.ts';
import { formatDuration, plural } from '../../engine/format.ts';
import { Surface } from '../../engine/surface.ts';
import { themeOf } from '../../engine/theme.ts';
import { axisOf } from '../../engine/ticks.ts';
import { clamp, fit, pan, show, windowEnd, zoom } from '../../engine/view.ts';
import { actionOf, inTextField } from '../../shell/keys.ts';
import { letterKeys } from '../../shell/settings.ts';
import { canvasFont, readTokens, revision } from '../../theme/theme.ts';
import { Hostile } from '../../widgets/hostile.tsx';
import { ARROWS_MAX, drawLanes, LANE_PX, type LaneView, type WakeArrow } from './lane-picture.ts';
import './lanes.css';

interface Props {
  /** What the lanes are of. */
  label: string;
  lanes: Lanes;
  /** A row, or -1. */
  selected: number;
  onSelect: (row: number) => void;
  /** Enter, or a double click, on the selected row. */
  onOpen?: (row: number) => void;
  /** Another part of the range is looked at, in ns from its beginning. */
  onWindow: (window: Stretch) => void;
}

const NAME_PX = 130;
const NAME_NARROW_PX = 78;
const NARROW_PX = 600;
const REACH_PX = 4;
const ZOOM_STEP = 1.5;
const FAR = 5;
const WHEEL = 0.002;

/** Lanes over one axis of time: a picture, and a grid of what is in it for whoever does not see it. */
export function LaneChart({ label, lanes, selected, onSelect, onOpen, onWindow }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [lane, setLane] = useState(0);
  const [pointer, setPointer] = useState<{ x: number; y: number; row: number } | null>(null);
  const name = width < NARROW_PX ? NAME_NARROW_PX : NAME_PX;
  const duration = Math.max(1, lanes.to - lanes.from);
  const w = Math.max(1, width - name);
  const [window, setWindow] = useState<{ t0: number; nsPerPx: number } | null>(null);
  const view: LaneView = clamp({ ...(window ?? { t0: 0, nsPerPx: duration / w }), w, dpr: globalThis.devicePixelRatio || 1 }, duration);
  const surface = useMemo(() => new Surface(() => canvas.current as HTMLCanvasElement), []);
  const colours = revision.value;
  const theme = useMemo(() => themeOf(readTokens()), [colours]);
  const drawn = useMemo(() => drawnLanes(lanes, -lanes.from, selected), [lanes, selected]);
  const starts = useMemo(() => laneStarts(lanes), [lanes]);

  useEffect(() => {
    if (!host.current) return;
    const observer = new ResizeObserver(([entry]) => setWidth(entry.contentRect.width));
    observer.observe(host.current);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (!canvas.current || width === 0) return;
    surface.font = canvasFont();
    const marks = lanes.marks.map(({ unixNanos }) => Number(BigInt(unixNanos) - lanes.base) - lanes.from);
    drawLanes(surface, theme, view, drawn, wakesOnScreen(lanes, view, selected), marks);
  });

  const change = (next: LaneView) => {
    setWindow(next);
    onWindow({ from: next.t0, to: windowEnd(next) });
  };
  const timeAt = (x: number) => lanes.from + view.t0 + x * view.nsPerPx;
  const rowAt = (x: number, y: number) => itemAt(lanes, Math.floor(y / LANE_PX), timeAt(x), REACH_PX * view.nsPerPx);
  const place = (event: MouseEvent) => {
    const box = canvas.current?.getBoundingClientRect();
    return { x: event.clientX - (box?.left ?? 0), y: event.clientY - (box?.top ?? 0) };
  };
  const bringIn = (row: number) => {
    if (row < 0) return;
    onSelect(row);
    setLane(lanes.lane[row]);
    const start = lanes.start[row] - lanes.from;
    const span = view.w * view.nsPerPx;
    if (start + lanes.dur[row] < view.t0 || start > view.t0 + span) change(clamp({ ...view, t0: start - span / 2 }, duration));
  };
  const perform = (action: string, far: number): boolean => {
    const at = pointer?.x ?? view.w / 2;
    switch (action) {
      case 'zoom-in':
      case 'zoom-out':
        change(zoom(view, ZOOM_STEP ** (action === 'zoom-in' ? -far : far), at, duration));
        return true;
      case 'pan-left':
      case 'pan-right':
        change(pan(view, (action === 'pan-left' ? -0.1 : 0.1) * view.w * far, duration));
        return true;
      case 'fit-all':
        change(fit(view, duration));
        return true;
      case 'fit-selection': {
        if (selected < 0) return true;
        const start = lanes.start[selected] - lanes.from;
        const margin = Math.max(lanes.dur[selected] * 0.5, 10);
        change(show(view, start - margin, start + lanes.dur[selected] + margin, duration));
        return true;
      }
      case 'next':
      case 'previous':
        setLane(Math.min(lanes.heads.length - 1, Math.max(0, lane + (action === 'next' ? 1 : -1))));
        return true;
      case 'next-sibling':
      case 'previous-sibling': {
        const [first, end] = [starts[lane], starts[lane + 1]];
        if (first === end) return true;
        const here = selected >= first && selected < end;
        const by = action === 'next-sibling' ? 1 : -1;
        bringIn(here ? Math.min(end - 1, Math.max(first, selected + by)) : by === 1 ? first : end - 1);
        return true;
      }
      case 'link-back':
      case 'link-on':
        bringIn(alongArrow(lanes, selected, action === 'link-back' ? 'back' : 'on'));
        return true;
      case 'open':
        if (selected >= 0) onOpen?.(selected);
        return selected >= 0;
      default:
        return false;
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (inTextField(event) || (event.key.length === 1 && !letterKeys.peek())) return;
    const action = actionOf(event, ['lanes', 'rows', 'timeline', 'global']);
    if (action === null || !perform(action, event.shiftKey ? FAR : 1)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  const onWheel = (event: WheelEvent) => {
    const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
    if (event.ctrlKey || event.metaKey) change(zoom(view, Math.exp(event.deltaY * WHEEL), place(event).x, duration));
    else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) change(pan(view, sideways, duration));
    else return;
    event.preventDefault();
  };
  const onMove = (event: PointerEvent) => {
    const { x, y } = place(event);
    setPointer(x < 0 ? null : { x, y, row: rowAt(x, y) });
    if ((event.buttons & 1) !== 0 && x >= 0) change(pan(view, -event.movementX, duration));
  };
  const height = lanes.heads.length * LANE_PX;
  const shown = pointer?.row ?? -1;
  const { ticks, offset } = axisOf(view);
  return (
    <div class="lanes" ref={host} data-testid="lanes" data-rows={lanes.count} data-arrows={arrowsOf(lanes).length}>
      <div class="lane-axis" aria-hidden="true" style={{ marginInlineStart: `${name}px` }}>
        {offset && <span class="offset">{offset}</span>}
        {ticks.map((tick) => (
          <span key={tick.label} class={tick.x > view.w - 56 ? 'tick last' : 'tick'} style={{ left: `${tick.x}px` }}>
            {tick.label}
          </span>
        ))}
      </div>
      <div
        class="lane-rows"
        role="grid"
        tabIndex={0}
        aria-label={label}
        aria-rowcount={lanes.heads.length}
        aria-activedescendant={lanes.heads.length > 0 ? `lane-${lane}` : undefined}
        style={{ height: `${height}px` }}
        onKeyDown={onKeyDown}
        onWheel={onWheel}
        onPointerMove={onMove}
        onPointerLeave={() => setPointer(null)}
        onClick={(event) => {
          const { x, y } = place(event);
          if (x >= 0) onSelect(rowAt(x, y));
          setLane(Math.min(lanes.heads.length - 1, Math.max(0, Math.floor(y / LANE_PX))));
        }}
        onDblClick={() => selected >= 0 && onOpen?.(selected)}
      >
        {lanes.heads.map((head, at) => (
          <div key={at} id={`lane-${at}`} class={at === lane ? 'lane active' : 'lane'} role="row" aria-rowindex={at + 1} style={{ height: `${LANE_PX}px` }}>
            <span class="lane-name" role="rowheader" style={{ width: `${name}px` }} title={head.name}>
              <Hostile text={head.name} />
            </span>
            <span class="unseen" role="gridcell">
              {summaryOf(lanes, starts[at], starts[at + 1])}
            </span>
          </div>
        ))}
        <canvas ref={canvas} aria-hidden="true" style={{ left: `${name}px`, width: `${w}px`, height: `${height}px` }} />
        {pointer && <div class="crosshair" aria-hidden="true" style={{ left: `${name + pointer.x}px` }} />}
        {pointer && shown >= 0 && (
          <div
            class="tooltip"
            aria-hidden="true"
            style={{ transform: `translate(${Math.min(name + pointer.x + 12, Math.max(0, width - 230))}px, ${pointer.y + 14}px)` }}
          >
            {itemText(lanes, shown).map((line) => (
              <div key={line}>
                <Hostile text={line} />
              </div>
            ))}
            <small>at {formatDuration(lanes.start[shown] - lanes.from)}</small>
          </div>
        )}
      </div>
      <p class="chosen" role="status">
        {selected >= 0 && selected < lanes.count ? (
          <>
            <strong>{lanes.heads[lanes.lane[selected]]?.name}</strong> <Hostile text={itemText(lanes, selected).join(' · ')} /> · at{' '}
            {formatDuration(lanes.start[selected] - lanes.from)}
          </>
        ) : (
          <span class="hint">Click, or use , and . in a lane, to look at one thing; [ and ] walk along wakes; W A S D zoom and pan.</span>
        )}
      </p>
    </div>
  );
}

/** Arrows of what is on screen: all if they are few, else those of the selected poll. */
function wakesOnScreen(lanes: Lanes, view: LaneView, selected: number): WakeArrow[] {
  const [from, to] = [lanes.from + view.t0, lanes.from + view.t0 + view.w * view.nsPerPx];
  const shown = arrowsOf(lanes).filter(([wake, poll]) => lanes.start[poll] >= from && lanes.start[wake] <= to);
  // On a narrow screen fewer hide more.
  const few = shown.length <= Math.min(ARROWS_MAX, view.w / 6) ? shown : shown.filter((pair) => pair.includes(selected));
  return few.map(([wake, poll]) => {
    const source = lanes.source[wake];
    return {
      from: lanes.start[wake] - lanes.from,
      fromLane: source < lanes.count ? lanes.lane[source] : lanes.lane[wake],
      to: lanes.start[poll] - lanes.from,
      toLane: lanes.lane[poll],
    };
  });
}

/** A lane in words. */
function summaryOf(lanes: Lanes, from: number, to: number): string {
  let polls = 0;
  let wakes = 0;
  let busy = 0;
  for (let row = from; row < to; row++) {
    if (lanes.kind[row] === KIND.wake) wakes += lanes.counts[row];
    if (lanes.kind[row] === KIND.poll || lanes.kind[row] === KIND.sum) {
      polls += lanes.counts[row];
      busy += lanes.busy[row] || lanes.dur[row];
    }
  }
  const parts = [polls > 0 && `${plural(polls, 'poll')}, busy ${formatDuration(busy)}`, wakes > 0 && plural(wakes, 'wake'), polls + wakes === 0 && `${to - from} items`];
  return parts.filter(Boolean).join(', ');
}
