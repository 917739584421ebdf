import { useEffect, useRef, useState } from 'preact/hooks';
import { type TraceSummary, traceName } from '../../data/search.ts';
import { formatClock, formatNear, millisOf, nanosOf } from '../../data/time.ts';
import { formatDuration, plural } from '../../engine/format.ts';
import { go } from '../../shell/router.ts';
import { visibleControls } from '../../widgets/hostile.tsx';
import { type Dot, plot } from './plot.ts';

const HEIGHT = 132;

/** The listed traces by time and duration. One tab stop; arrow keys walk the dots in order of time. */
export function Scatter({ traces, now }: { traces: readonly TraceSummary[]; now: number }) {
  const host = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [active, setActive] = useState(0);
  useEffect(() => {
    if (!host.current) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(host.current);
    return () => observer.disconnect();
  }, []);

  const { dots, rows, columns } = plot(
    traces.map((trace) => ({
      at: millisOf(nanosOf(trace.startUnixNanos)),
      duration: trace.durationNanos,
      size: trace.spans,
    })),
    width,
    HEIGHT,
  );
  // Labels that would read alike need their milliseconds.
  const fine = columns.length > 1 && columns[1].at - columns[0].at < 1000;
  const current = Math.min(active, dots.length - 1);

  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    const next = Math.min(dots.length - 1, Math.max(0, current + by));
    setActive(next);
    (host.current?.querySelectorAll('[role=link]')[next] as SVGElement | undefined)?.focus();
    event.preventDefault();
  };

  return (
    <div class="scatter" ref={host} data-testid="scatter">
      <svg width={width} height={HEIGHT} role="group" aria-label="Duration by time" onKeyDown={onKeyDown}>
        {rows.map(({ y, label }) => (
          <g key={y} aria-hidden="true">
            <line class="rule" x1={0} x2={width} y1={y} y2={y} />
            <text class="axis" x={2} y={y - 3}>
              {label}
            </text>
          </g>
        ))}
        {columns.map(({ x, at, anchor }) => (
          <text key={x} class="axis" x={x} y={HEIGHT - 4} text-anchor={anchor} aria-hidden="true">
            {formatClock(new Date(at)) + (fine ? `.${String(Math.floor(at) % 1000).padStart(3, '0')}` : '')}
          </text>
        ))}
        {dots.map((dot, index) => (
          <Point key={traces[dot.item].id} dot={dot} trace={traces[dot.item]} first={index === current} now={now} />
        ))}
      </svg>
    </div>
  );
}

function Point({ dot, trace, first, now }: { dot: Dot; trace: TraceSummary; first: boolean; now: number }) {
  const { x, y, r } = dot;
  const when = formatNear(millisOf(nanosOf(trace.startUnixNanos)), now);
  const errors = trace.errors > 0 ? `, ${plural(trace.errors, 'error')}` : '';
  const duration = formatDuration(trace.durationNanos);
  const name = `${visibleControls(traceName(trace))}, ${duration}, ${plural(trace.spans, 'span')}${errors}, ${when}`;
  const open = () => go(`/trace/${trace.id}`);
  return (
    <g
      role="link"
      tabIndex={first ? 0 : -1}
      aria-label={name}
      class={trace.errors > 0 ? 'dot failed' : 'dot'}
      onClick={open}
      onKeyDown={(event) => event.key === 'Enter' && open()}
    >
      <title>{name}</title>
      <circle cx={x} cy={y} r={r} />
      {trace.errors > 0 && <path d={`M${x - 3} ${y - 3}l6 6M${x + 3} ${y - 3}l-6 6`} />}
    </g>
  );
}
