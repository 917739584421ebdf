import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { LIMIT_MAX, type Form } from '../../data/query.ts';
import { formatCount, formatDuration, plural } from '../../engine/format.ts';
import { serviceSlots } from '../../engine/slots.ts';
import { status } from '../../shell/commands.ts';
import { actionOf, inTextField } from '../../shell/keys.ts';
import { go, params, path } from '../../shell/router.ts';
import { Banner } from '../../widgets/banner.tsx';
import { CopyButton } from '../../widgets/copy-button.tsx';
import { catalogError, loadServices, services } from './catalog.ts';
import { Empty, Fresh, Start } from './messages.tsx';
import { Result } from './result.tsx';
import { cancel, type Run, run } from './run.ts';
import { Scatter } from './scatter.tsx';
import { SORTS, sorted } from './sorts.ts';

/** What the search found, in whatever state it is. */
export function Results({ form, onRetry }: { form: Form; onRetry: () => void }) {
  const current = run.value;
  const { state, traces, end, error } = current;
  const sort = params.value.get('sort') ?? SORTS[0].value;
  const list = useMemo(() => sorted(traces, sort), [traces, sort]);
  const slots = useMemo(() => serviceSlots(traces.flatMap((trace) => trace.services.map(({ name }) => name))), [traces]);
  const longest = useMemo(() => traces.reduce((most, trace) => Math.max(most, trace.durationNanos), 1), [traces]);
  const now = useMemo(() => Date.now(), [traces]);

  useEffect(() => {
    status.value = said(current);
  }, [current]);

  return (
    <section class="results" aria-label="Results" aria-busy={state === 'loading'}>
      {catalogError.value && (
        <Banner kind="error">
          The services could not be read: {catalogError.value}.{' '}
          <button type="button" onClick={() => void loadServices()}>
            Retry
          </button>
        </Banner>
      )}
      {state === 'loading' && <Loading run={current} />}
      {state === 'failed' && (
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
      {traces.length > 0 && (
        <div class={current.stale ? 'found stale' : 'found'}>
          <Scatter traces={list} now={now} />
          <div class="above">
            <h2>{plural(traces.length, 'trace')}</h2>
            <label>
              Sort{' '}
              <select value={sort} onChange={(event) => sortBy(event.currentTarget.value)}>
                {SORTS.map(({ value, label }) => (
                  <option key={value} value={value}>
                    {label}
                  </option>
                ))}
              </select>
            </label>
          </div>
          {end?.truncated && <Truncated listed={traces.length} />}
          <List>
            {list.map((trace) => (
              <Result key={trace.id} trace={trace} longest={longest} slots={slots} now={now} />
            ))}
          </List>
        </div>
      )}
      {state === 'done' && traces.length === 0 && services.value?.length !== 0 && <Empty form={form} />}
      {state === 'cancelled' && traces.length === 0 && <p class="hint">The search was cancelled.</p>}
      {services.value?.length === 0 ? <Fresh /> : state === 'none' && services.value && <Start />}
      {end?.query && (
        <p class="traceql">
          <span>TraceQL</span> <code>{end.query}</code> <CopyButton text={end.query} what="the query" />
        </p>
      )}
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

function Truncated({ listed }: { listed: number }) {
  const more = Math.min(LIMIT_MAX, listed <= 20 ? 100 : listed * 5);
  const raise = () => {
    const query = new URLSearchParams(params.peek());
    query.set('limit', String(more));
    go('/search', query);
  };
  return (
    <p class="hint">
      More traces match: the limit is {formatCount(listed)}.{' '}
      {listed < LIMIT_MAX ? (
        <button type="button" onClick={raise}>
          Show up to {formatCount(more)}
        </button>
      ) : (
        'Narrow the search to see the rest.'
      )}
    </p>
  );
}

/** Arrow keys move among the links of the list. */
function List({ children }: { children: ComponentChildren }) {
  const list = useRef<HTMLOListElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const links = [...(list.current?.querySelectorAll<HTMLAnchorElement>('a.name') ?? [])];
    const at = links.indexOf(document.activeElement as HTMLAnchorElement);
    const action = inTextField(event) ? null : actionOf(event, ['list']);
    const to = { next: at + 1, previous: at - 1, first: 0, last: links.length - 1 }[action ?? ''];
    if (at < 0 || to === undefined) return;
    links[Math.min(links.length - 1, Math.max(0, to))].focus();
    event.preventDefault();
  };
  return (
    <ol ref={list} class="list" onKeyDown={onKeyDown}>
      {children}
    </ol>
  );
}

function sortBy(value: string): void {
  const query = new URLSearchParams(params.peek());
  if (value === SORTS[0].value) query.delete('sort');
  else query.set('sort', value);
  go(path.peek(), query);
}

function said({ state, traces, end }: Run): string {
  if (state === 'loading') return 'Searching';
  if (!end) return '';
  const read = `read ${plural(end.read.segments, 'segment')}, ${plural(end.read.spans, 'span')}`;
  const took = formatDuration(end.ms * 1e6);
  return `${plural(traces.length, 'trace')} · ${read}, ${took} · ${end.complete ? 'complete' : 'not complete'}`;
}
