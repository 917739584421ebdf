import { useEffect, useMemo } from 'preact/hooks';
import { type Form, LIMIT_MAX, problemsOf, spanLinks } from '../../data/query.ts';
import { formatCount, formatDuration, plural } from '../../engine/format.ts';
import { serviceSlots } from '../../engine/slots.ts';
import { status } from '../../shell/commands.ts';
import { params } from '../../shell/router.ts';
import { Banner } from '../../widgets/banner.tsx';
import { Narrowed } from './box.tsx';
import { catalogError, loadServices, services } from './catalog.ts';
import { Listed } from './list.tsx';
import { Empty, Fresh, Start } from './messages.tsx';
import { Result } from './result.tsx';
import { cancel, more, type Run, run } from './run.ts';
import { Scatter } from './scatter.tsx';
import { SORTS, sortOf } from './sorts.ts';
import { TraceTable } from './table.tsx';
import { listedAs, Toolbar } from './toolbar.tsx';

/** What the search found, in whatever state it is. */
export function Results({ form, onRetry }: { form: Form; onRetry: () => void }) {
  const current = run.value;
  const { state, traces, end, error } = current;
  const query = params.value;
  const slots = useMemo(() => serviceSlots(traces.flatMap((trace) => trace.services.map(({ name }) => name))), [traces]);
  const longest = useMemo(() => traces.reduce((most, trace) => Math.max(most, trace.durationNanos), 1), [traces]);
  const spans = useMemo(() => spanLinks(query), [query]);
  const problems = useMemo(() => problemsOf(query, SORTS.map(({ value }) => value)), [query]);
  const bare = query.get('uiEmbed') === 'v0' && query.get('uiSearchHideGraph') === '1';
  const listing = { slots, spans, now: current.at };

  useEffect(() => {
    status.value = said(current);
  }, [current]);

  return (
    <section class="results" aria-label="Results" aria-busy={state === 'loading'}>
      {problems.length > 0 && (
        <Banner kind="warn">
          {problems.map((problem) => (
            <div key={problem}>
              <bdi>{problem}</bdi>
            </div>
          ))}
        </Banner>
      )}
      {catalogError.value && (
        <Banner kind="error">
          The services could not be read: {catalogError.value}.{' '}
          <button type="button" onClick={() => void loadServices()}>
            Retry
          </button>
        </Banner>
      )}
      {state === 'loading' && (current.stale || traces.length === 0) && <Loading run={current} />}
      {state === 'failed' && current.parameter === 'q' && <Banner kind="error">The query cannot be read: {error}.</Banner>}
      {state === 'failed' && current.parameter !== 'q' && (
        <Banner kind="error">
          The search failed: {error}.{' '}
          <button type="button" onClick={onRetry}>
            Retry
          </button>
        </Banner>
      )}
      {end && !end.complete && (
        <Banner kind="warn">
          Not everything could be read: {end.message ?? 'the server does not say why'}.{' '}
          <button type="button" onClick={onRetry}>
            Retry
          </button>
        </Banner>
      )}
      <Narrowed />
      {traces.length > 0 && (
        <div class={current.stale ? 'found stale' : 'found'}>
          {!bare && <Scatter traces={traces} now={current.at} />}
          <Toolbar run={current} />
          <Listed>
            {listedAs(query) === 'table' ? (
              <TraceTable traces={traces} {...listing} />
            ) : (
              <ol class="list">
                {traces.map((trace) => (
                  <Result key={trace.id} trace={trace} longest={longest} {...listing} />
                ))}
              </ol>
            )}
          </Listed>
          <More run={current} />
        </div>
      )}
      {state === 'done' && traces.length === 0 && services.value?.length !== 0 && <Empty form={form} end={end} />}
      {state === 'cancelled' && traces.length === 0 && <p class="hint">The search was cancelled.</p>}
      {services.value?.length === 0 ? <Fresh /> : state === 'none' && services.value && <Start />}
    </section>
  );
}

function Loading({ run: { progress } }: { run: Run }) {
  return (
    <p class="progress" role="status">
      {progress
        ? `${formatCount(progress.segments)} of ${plural(progress.segmentsTotal, 'segment')} · ` +
          `${plural(progress.spans, 'span')} · ${plural(progress.traces, 'trace')} so far`
        : '0 segments · 0 traces so far'}{' '}
      <button type="button" onClick={cancel}>
        Cancel
      </button>
    </p>
  );
}

/** The way to the next page, below what is listed. */
function More({ run: current }: { run: Run }) {
  const { state, end, stale, query } = current;
  if (stale) return null;
  if (state === 'loading') return <Loading run={current} />;
  const page = Math.min(LIMIT_MAX, Number(query.get('limit')));
  if (end?.cursor) {
    return (
      <p class="more">
        <button type="button" onClick={() => void more()}>
          Load {formatCount(page)} more
        </button>
      </p>
    );
  }
  if (state === 'cancelled') return <p class="hint">The search was cancelled: more may match.</p>;
  return end?.truncated ? <p class="hint">More traces match: narrow the search to see the rest.</p> : null;
}

function said({ state, query, traces, end }: Run): string {
  if (state === 'loading') return 'Searching';
  if (!end) return '';
  const read = `read ${plural(end.read.segments, 'segment')}, ${plural(end.read.spans, 'span')}`;
  const took = formatDuration(end.ms * 1e6);
  const order = sortOf(query).label.toLowerCase();
  return `${plural(traces.length, 'trace')} · ${order} · ${read}, ${took} · ${end.complete ? 'complete' : 'not complete'}`;
}
