import { type TraceSummary, traceName } from '../../data/search.ts';
import { formatAgo, formatInstant, formatNear, millisOf, nanosOf } from '../../data/time.ts';
import { formatCount, formatDuration, formatExact } from '../../engine/format.ts';
import { href } from '../../shell/router.ts';
import { Hostile } from '../../widgets/hostile.tsx';
import { Swatch } from '../../widgets/swatch.tsx';

/** What all listed traces share. */
export interface Listing {
  slots: ReadonlyMap<string, number>;
  /** Spans to find in a trace, by its id, where the address names some. */
  spans: ReadonlyMap<string, string>;
  now: number;
}

interface Props extends Listing {
  trace: TraceSummary;
  /** Duration of the longest trace listed, which has the full bar. */
  longest: number;
}

export function linkOf({ id }: TraceSummary, spans: Listing['spans']): string {
  const find = spans.get(id);
  return href(`/trace/${id}`, find ? new URLSearchParams({ uiFind: find }) : undefined);
}

/** One trace of the list. */
export function Result({ trace, longest, slots, spans, now }: Props) {
  const start = nanosOf(trace.startUnixNanos);
  const millis = millisOf(start);
  const share = trace.durationNanos / longest;
  return (
    <li class="result" data-testid="result" data-trace={trace.id}>
      <p class="title">
        <a class="name" href={linkOf(trace, spans)}>
          <Hostile text={traceName(trace)} />
        </a>{' '}
        <code class="id">{trace.id.slice(0, 7)}</code>
        <span class="duration" title={formatExact(trace.durationNanos)}>
          {formatDuration(trace.durationNanos)}
        </span>
      </p>
      <div class="bar" aria-hidden="true">
        <span ref={(bar) => bar?.style.setProperty('inline-size', `${Math.max(0.2, share * 100)}%`)} />
      </div>
      <p class="facts">
        <span>{countOf(trace.spans, 'Span')}</span>
        <span>Depth {trace.depth}</span>
        {trace.errors > 0 && <span class="errors">{countOf(trace.errors, 'Error')}</span>}
        {trace.orphans > 0 && (
          <span class="incomplete" title={`${countOf(trace.orphans, 'span')} without the parent they name`}>
            Incomplete
          </span>
        )}
        <span class="chips">
          {trace.services.map(({ name, spans, errors }) => (
            <span class="chip" key={name}>
              <Swatch slot={slots.get(name) ?? 0} />
              <Hostile text={name} /> ({formatCount(spans)})
              {errors > 0 && <span class="errors"> ! {formatCount(errors)}</span>}
            </span>
          ))}
        </span>
        <time dateTime={new Date(millis).toISOString()} title={formatInstant(start)}>
          {formatNear(millis, now)} · {formatAgo(millis, now)}
        </time>
      </p>
    </li>
  );
}

function countOf(count: number, word: string): string {
  return `${formatCount(count)} ${word}${count === 1 ? '' : 's'}`;
}
