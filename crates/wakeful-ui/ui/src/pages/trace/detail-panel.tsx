import { useEffect, useState } from 'preact/hooks';
import { ApiError, isAbort, messageOf } from '../../data/api.ts';
import { fetchSpan, type SpanDetails } from '../../data/span.ts';
import { traceOf } from '../../data/trace.ts';
import { formatCount, formatDuration, formatExact } from '../../engine/format.ts';
import { Banner } from '../../widgets/banner.tsx';
import { CopyButton } from '../../widgets/copy-button.tsx';
import { Hostile } from '../../widgets/hostile.tsx';
import { Icon } from '../../widgets/icon.tsx';
import { busyText, Events, Links, Origin, OwnAttributes, Warnings } from './detail-tabs.tsx';
import type { TraceModel } from './model.ts';
import { Polls } from './polls-tab.tsx';
import './details.css';

/** Arrow keys may walk over many rows a second: only where they rest is asked for. */
const REST_MS = 60;

type Loaded = { row: number; span: SpanDetails } | { row: number; error: string };

/** All of the selected span. */
export function DetailPanel({ model }: { model: TraceModel }) {
  const row = model.selected.value;
  const generation = model.generation.value;
  const open = model.panel.value && row >= 0;
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [turn, setTurn] = useState(0);

  useEffect(() => {
    if (!open || !model.facts.peek()) return;
    const abort = new AbortController();
    const timer = window.setTimeout(async () => {
      try {
        setLoaded({ row, span: await fetchSpan(traceOf(model), row, 0, abort.signal) });
      } catch (error) {
        if (isAbort(error)) return;
        if (error instanceof ApiError && error.status === 409) model.outdated.value = true;
        setLoaded({ row, error: messageOf(error) });
      }
    }, REST_MS);
    return () => {
      window.clearTimeout(timer);
      abort.abort();
    };
  }, [model, row, open, turn, generation]);

  useEffect(() => {
    model.details.value = open && loaded?.row === row && 'span' in loaded ? loaded.span : null;
  }, [model, open, row, loaded]);

  if (!open) return null;
  const stale = loaded?.row !== row;
  const more = async () => {
    if (!loaded || !('span' in loaded)) return;
    const { span } = loaded;
    try {
      const from = Math.max(span.attributes.length, span.events.length);
      setLoaded({ row, span: joined(span, await fetchSpan(traceOf(model), row, from, model.closing.signal)) });
    } catch (error) {
      if (!isAbort(error)) setLoaded({ row, error: messageOf(error) });
    }
  };
  return (
    <section class={stale ? 'details stale' : 'details'} aria-label="Span details" aria-busy={stale}>
      {loaded && 'span' in loaded && <Details span={loaded.span} row={loaded.row} model={model} onMore={() => void more()} />}
      {loaded && 'error' in loaded && (
        <Banner kind="error">
          The span could not be read: {loaded.error}.{' '}
          <button type="button" onClick={() => setTurn(turn + 1)}>
            Retry
          </button>
        </Banner>
      )}
      <button
        type="button"
        class="icon close"
        aria-label="Close details"
        title="Close details (q)"
        onClick={() => model.setPanel(false)}
      >
        <Icon name="close" />
      </button>
    </section>
  );
}

/** What was here, and what continues it. */
function joined(span: SpanDetails, next: SpanDetails): SpanDetails {
  return { ...span, attributes: [...span.attributes, ...next.attributes], events: [...span.events, ...next.events] };
}

const TABS = ['Attributes', 'Events', 'Links', 'Warnings', 'Resource', 'Polls'] as const;
type Tab = (typeof TABS)[number];

interface DetailsProps {
  span: SpanDetails;
  row: number;
  model: TraceModel;
  onMore: () => void;
}

function Details({ span, row, model, onMore }: DetailsProps) {
  const [tab, setTab] = useState<Tab>('Attributes');
  const asked = model.opened.asked.value;
  useEffect(() => {
    if (asked > 0) setTab('Polls');
  }, [asked]);
  if (span.placeholder) {
    return (
      <header>
        <h2>Parent not {model.facts.value?.cut ? 'shown' : 'received'}</h2>
        <p>
          Span <code>{span.spanId}</code> <CopyButton text={span.spanId} what="the span id" /> is named as a parent, but{' '}
          {model.facts.value?.cut ? 'is not among the spans that were sent of this large trace' : 'has not arrived'}. Its place is
          drawn around its children.
        </p>
      </header>
    );
  }
  const counts: Record<Tab, number> = {
    Attributes: span.attributesTotal ?? span.attributes.length,
    Events: span.eventsTotal ?? span.events.length,
    Links: span.links.length + (span.referencedBy?.length ?? 0),
    Warnings: span.warnings.length,
    Resource: span.resource.length,
    Polls: model.opened.lanesOf(row)?.sums?.polls ?? 0,
  };
  const listed = { Attributes: span.attributes.length, Events: span.events.length }[tab as 'Attributes' | 'Events'];
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    const next = TABS[(TABS.indexOf(tab) + by + TABS.length) % TABS.length];
    setTab(next);
    document.getElementById(`tab-${next}`)?.focus();
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <>
      <Head span={span} base={model.facts.value?.base ?? '0'} />
      <div class="tabs" role="tablist" aria-label="Parts of the span" onKeyDown={onKeyDown}>
        {TABS.map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`tab-${name}`}
            aria-selected={name === tab}
            aria-controls="tab-panel"
            tabIndex={name === tab ? 0 : -1}
            class={name === 'Warnings' && counts[name] > 0 ? 'warned' : ''}
            onClick={() => setTab(name)}
          >
            {name} {name === 'Polls' && counts.Polls === 0 ? '' : formatCount(counts[name])}
          </button>
        ))}
      </div>
      <div class="tab-panel" id="tab-panel" role="tabpanel" tabIndex={0} aria-labelledby={`tab-${tab}`}>
        {/* A span of its own for each row: what was opened or loaded belongs to the span it was opened at. */}
        {tab === 'Attributes' && <OwnAttributes key={row} span={span} row={row} model={model} />}
        {tab === 'Events' && <Events key={row} span={span} row={row} model={model} />}
        {tab === 'Links' && <Links key={row} span={span} row={row} model={model} />}
        {tab === 'Warnings' && <Warnings of={span.warnings} />}
        {tab === 'Polls' && <Polls key={row} row={row} model={model} />}
        {tab === 'Resource' && <Origin key={row} span={span} row={row} model={model} />}
        {listed !== undefined && listed < counts[tab] && (
          <p class="hint">
            {formatCount(listed)} of {formatCount(counts[tab])}{' '}
            <button type="button" onClick={onMore}>
              Load more
            </button>
          </p>
        )}
      </div>
    </>
  );
}

function Head({ span, base }: { span: SpanDetails; base: string }) {
  const busy = busyText(span);
  return (
    <header>
      <h2>
        <Hostile text={span.name} /> <small>{span.service && <Hostile text={span.service} />}</small>
      </h2>
      <p class="facts">
        <span title={formatExact(span.durationNanos)}>{formatDuration(span.durationNanos)}</span>
        <span>from {formatDuration(Number(BigInt(span.startUnixNanos) - BigInt(base)))}</span>
        {busy && <span>{busy}</span>}
        {span.kind && <span>{span.kind}</span>}
        {span.status.code !== 'unset' && (
          <span class={span.status.code === 'error' ? 'errors' : ''}>
            {span.status.code}
            {span.status.message && (
              <>
                : <Hostile text={span.status.message} />
              </>
            )}
          </span>
        )}
        <span>
          span <code>{span.spanId}</code> <CopyButton text={span.spanId} what="the span id" />
        </span>
      </p>
    </header>
  );
}
