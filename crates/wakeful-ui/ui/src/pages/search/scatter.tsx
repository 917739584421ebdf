import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type TraceSummary, traceName } from '../../data/search.ts';
import { formatClock, formatNear, millisOf, nanosOf, zoneName } from '../../data/time.ts';
import { formatCount, formatDuration, plural } from '../../engine/format.ts';
import { actionOf } from '../../shell/keys.ts';
import { go } from '../../shell/router.ts';
import { revision } from '../../theme/theme.ts';
import { visibleControls } from '../../widgets/hostile.tsx';
import { boxInWords, Marked } from './box.tsx';
import { Cells } from './cells.tsx';
import { heat, heatError } from './heat.ts';
import { drawPlot } from './plot-draw.ts';
import { type Box, boxOf, cellRect, countIn, domainOf, dotAt, dotsOf, MARGIN, type Rect, scaleOf } from './plot.ts';

const HEIGHT = 168;
/** So far from a dot a pointer still means it. */
const REACH_PX = 4;
/** A pointer that moved less has clicked. */
const DRAG_PX = 5;

/** All matches as heat by time and duration, with the listed traces as dots. One tab stop; arrow keys walk the dots. */
export function Scatter({ traces, now }: { traces: readonly TraceSummary[]; now: number }) {
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [active, setActive] = useState(-1);
  const [hover, setHover] = useState<{ x: number; y: number } | null>(null);
  const [drag, setDrag] = useState<Rect | null>(null);
  const [box, setBox] = useState<Box | null>(null);
  const [asTable, setAsTable] = useState(false);
  const pressed = useRef<{ x: number; y: number } | null>(null);
  const counts = heat.value;

  useEffect(() => {
    if (!host.current) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(host.current);
    return () => observer.disconnect();
  }, []);
  useEffect(() => setBox(null), [counts]);

  const items = useMemo(
    () =>
      traces.map((trace) => ({
        at: Number(nanosOf(trace.startUnixNanos) / 1000n) / 1000,
        duration: trace.durationNanos,
        size: trace.spans,
        failed: trace.errors > 0,
      })),
    [traces],
  );
  const scale = useMemo(() => {
    const domain = domainOf(counts, items);
    return domain && width > MARGIN.left + MARGIN.right + 20 ? scaleOf(domain, width, HEIGHT) : null;
  }, [counts, items, width]);
  const dots = useMemo(() => (scale ? dotsOf(items, scale) : []), [items, scale]);
  const current = Math.min(active, dots.length - 1);
  const hovered = hover ? dotAt(dots, hover.x, hover.y, REACH_PX) : -1;
  const marked = box && counts && scale ? around(box, counts, scale) : drag;

  useEffect(() => {
    if (!canvas.current || !scale) return;
    drawPlot(canvas.current, { scale, heat: counts, dots, active: hovered >= 0 ? hovered : current, box: marked });
  }, [scale, counts, dots, hovered, current, marked, revision.value]);

  const open = (index: number) => go(`/trace/${traces[dots[index].item].id}`);
  const pointIn = (event: PointerEvent) => {
    const { left, top } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const onPointerMove = (event: PointerEvent) => {
    const point = pointIn(event);
    setHover(point);
    const from = pressed.current;
    if (from && Math.hypot(point.x - from.x, point.y - from.y) >= DRAG_PX) {
      setBox(null);
      setDrag({
        ...{ x: Math.min(from.x, point.x), y: Math.min(from.y, point.y) },
        ...{ w: Math.abs(from.x - point.x), h: Math.abs(from.y - point.y) },
      });
    }
  };
  const onPointerUp = (event: PointerEvent) => {
    const point = pointIn(event);
    if (drag && counts && scale) setBox(boxOf(counts, scale, drag));
    else if (pressed.current) {
      const hit = dotAt(dots, point.x, point.y, REACH_PX);
      if (hit >= 0) open(hit);
      else setBox(null);
    }
    pressed.current = null;
    setDrag(null);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const action = actionOf(event, ['plot']);
    if (action === 'open' && current >= 0) open(current);
    else {
      const to = { next: current + 1, previous: current - 1, first: 0, last: dots.length - 1 }[action ?? ''];
      if (to === undefined) return;
      setActive(Math.min(dots.length - 1, Math.max(0, to)));
    }
    event.preventDefault();
    event.stopPropagation();
  };

  const said = current >= 0 ? describe(traces[dots[current].item], now) : '';
  return (
    <figure class="plot">
      <figcaption>
        <span>Duration (log) by start time</span>
        {counts && counts.cells.length > 0 && <Legend highest={counts.cells.reduce((most, cell) => Math.max(most, cell.count), 0)} />}
        {counts && counts.traces > 0 && (
          <button type="button" class="small" aria-expanded={asTable} onClick={() => setAsTable(!asTable)}>
            Counts
          </button>
        )}
      </figcaption>
      {heatError.value && <p class="hint">The other matches could not be counted: {heatError.value}.</p>}
      {counts && !counts.complete && <p class="hint">Not all matches are counted: {counts.message}.</p>}
      <div
        ref={host}
        class="scatter"
        data-testid="scatter"
        data-state={counts || heatError.value ? 'complete' : 'loading'}
        role="listbox"
        tabIndex={0}
        aria-label="Listed traces by time and duration"
        aria-activedescendant={said ? 'plot-dot' : undefined}
        onKeyDown={onKeyDown}
        onFocus={(event) => event.currentTarget.matches(':focus-visible') && setActive(Math.max(0, active))}
        onBlur={() => setActive(-1)}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          pressed.current = pointIn(event);
        }}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={() => {
          pressed.current = null;
          setDrag(null);
        }}
        onPointerLeave={() => setHover(null)}
      >
        <canvas ref={canvas} aria-hidden="true" />
        {scale && <Axes scale={scale} />}
        {/* The one that arrow keys are at; a reader hears it. */}
        <div id="plot-dot" role="option" aria-selected={said !== ''} class="unseen">
          {said || plural(dots.length, 'listed trace')}
        </div>
        {hover && !drag && scale && <Tip {...hover} width={width} lines={hovered >= 0 ? linesOf(traces[dots[hovered].item], now) : cellLines(hover)} />}
        {!hover && current >= 0 && <Tip x={dots[current].x} y={dots[current].y} width={width} lines={linesOf(traces[dots[current].item], now)} />}
      </div>
      {box && counts && <Marked heat={counts} box={box} onClear={() => setBox(null)} />}
      {asTable && counts && <Cells heat={counts} />}
    </figure>
  );

  function cellLines(point: { x: number; y: number }): string[] {
    if (!counts || !scale) return [];
    const under = boxOf(counts, scale, { ...point, w: 0, h: 0.01 });
    if (!under) return [];
    const { count, errors } = countIn(counts, under);
    if (count === 0) return [];
    return [plural(count, 'trace') + (errors > 0 ? `, ${errors} with errors` : ''), boxInWords(counts, under)];
  }
}

function around(box: Box, counts: NonNullable<typeof heat.value>, scale: NonNullable<ReturnType<typeof scaleOf>>): Rect {
  const first = cellRect(counts, { x: box.x0, y: box.y0 }, scale);
  const last = cellRect(counts, { x: box.x1, y: box.y1 }, scale);
  return { x: first.x, y: last.y, w: last.x + last.w - first.x, h: first.y + first.h - last.y };
}

function Axes({ scale }: { scale: ReturnType<typeof scaleOf> }) {
  const { width, rows, columns } = scale;
  // Labels that would read alike need their milliseconds, those of several days their day.
  const step = columns[1].at - columns[0].at;
  const label = (at: number) => {
    const date = new Date(at);
    if (step < 1_000) return `${formatClock(date)}.${String(Math.floor(at) % 1000).padStart(3, '0')}`;
    return step > 20 * 3_600_000 ? formatNear(at, Date.now()).replace(/:\d\d$/, '') : formatClock(date);
  };
  // All began in the same millisecond: one label says it.
  const shown = columns.filter(({ at, anchor }, index) => anchor === 'end' || label(at) !== label(columns[index + 1].at));
  return (
    <svg width={width} height={HEIGHT} aria-hidden="true">
      {rows.map(({ y, label: text }) => (
        <text key={y} class="axis" x={2} y={y + 3}>
          {text}
        </text>
      ))}
      {shown.map(({ x, at, anchor }) => (
        <text key={x} class="axis" x={anchor === 'end' ? width - 4 : x} y={HEIGHT - 6} text-anchor={anchor}>
          {label(at) + (anchor === 'end' ? ` ${zoneName(new Date(at))}` : '')}
        </text>
      ))}
    </svg>
  );
}

function Legend({ highest }: { highest: number }) {
  return (
    <span class="legend">
      count <span>1</span>
      {[1, 2, 3, 4, 5, 6].map((level) => (
        <i key={level} class={`heat-${level}`} />
      ))}
      <span>{formatCount(highest)}</span>
    </span>
  );
}

function Tip({ x, y, width, lines }: { x: number; y: number; width: number; lines: readonly string[] }) {
  if (lines.length === 0) return null;
  const right = x > width / 2;
  return (
    <div
      class="tip"
      aria-hidden="true"
      ref={(tip) => {
        tip?.style.setProperty('inset-block-start', `${Math.max(0, y - 12)}px`);
        tip?.style.setProperty(right ? 'right' : 'left', `${right ? width - x + 14 : x + 14}px`);
        tip?.style.setProperty(right ? 'left' : 'right', 'auto');
      }}
    >
      {lines.map((line) => (
        <div key={line}>
          <bdi>{line}</bdi>
        </div>
      ))}
    </div>
  );
}

function linesOf(trace: TraceSummary, now: number): string[] {
  const errors = trace.errors > 0 ? `, ${plural(trace.errors, 'error')}` : '';
  const when = formatNear(millisOf(nanosOf(trace.startUnixNanos)), now);
  return [visibleControls(traceName(trace)), `${formatDuration(trace.durationNanos)}, ${plural(trace.spans, 'span')}${errors}`, when];
}

function describe(trace: TraceSummary, now: number): string {
  return linesOf(trace, now).join(', ');
}
