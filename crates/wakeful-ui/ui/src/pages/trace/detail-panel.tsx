import { useEffect, useState } from 'preact/hooks';
import { ApiError, isAbort, messageOf } from '../../data/api.ts';
import { fetchSpan, type SpanDetails } from '../../data/span.ts';
import { formatDuration, formatExact } from '../../engine/format.ts';
import { Banner } from '../../widgets/banner.tsx';
import { CopyButton } from '../../widgets/copy-button.tsx';
import { Hostile } from '../../widgets/hostile.tsx';
import { Icon } from '../../widgets/icon.tsx';
import { Attributes, Events, Links, Origin, Warnings } from './detail-tabs.tsx';
import type { TraceModel } from './model.ts';

/** Arrow keys may walk over many rows a second: only where they rest is asked for. */
const REST_MS = 60;

type Loaded = { row: number; span: SpanDetails } | { row: number; error: string };

/** All of the selected span. */
export function DetailPanel({ model }: { model: TraceModel }) {
  const row = model.selected.value;
  const rev = model.facts.value?.rev ?? '';
  const open = model.panel.value && row >= 0;
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [turn, setTurn] = useState(0);

  useEffect(() => {
    if (!open) return;
    const abort = new AbortController();
    const timer = window.setTimeout(async () => {
      try {
        setLoaded({ row, span: await fetchSpan(model.id, row, rev, abort.signal) });
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
  }, [model, row, open, turn]);

  if (!open) return null;
  const stale = loaded?.row !== row;
  return (
    <section class={stale ? 'details stale' : 'details'} aria-label="Span details" aria-busy={stale}>
      {loaded && 'span' in loaded && <Details span={loaded.span} base={model.facts.value?.base ?? '0'} />}
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

const TABS = ['Attributes', 'Events', 'Links', 'Warnings', 'Resource'] as const;
type Tab = (typeof TABS)[number];

function Details({ span, base }: { span: SpanDetails; base: string }) {
  const [tab, setTab] = useState<Tab>('Attributes');
  if (span.placeholder) {
    return (
      <header>
        <h2>Parent not received</h2>
        <p>
          Span <code>{span.spanId}</code> <CopyButton text={span.spanId} what="the span id" /> is named as a parent, but
          has not arrived. Its place is drawn around its children.
        </p>
      </header>
    );
  }
  const counts: Record<Tab, number> = {
    Attributes: span.attributes.length,
    Events: span.events.length,
    Links: span.links.length,
    Warnings: span.warnings.length,
    Resource: span.resource.length,
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    const next = TABS[(TABS.indexOf(tab) + by + TABS.length) % TABS.length];
    setTab(next);
    document.getElementById(`tab-${next}`)?.focus();
    event.preventDefault();
  };
  return (
    <>
      <header>
        <h2>
          <Hostile text={span.name} /> <small>{span.service && <Hostile text={span.service} />}</small>
        </h2>
        <p class="facts">
          <span title={formatExact(span.durationNanos)}>{formatDuration(span.durationNanos)}</span>
          <span>from {formatDuration(Number(BigInt(span.startUnixNanos) - BigInt(base)))}</span>
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
            {name} {counts[name]}
          </button>
        ))}
      </div>
      <div class="tab-panel" id="tab-panel" role="tabpanel" tabIndex={0} aria-labelledby={`tab-${tab}`}>
        {tab === 'Attributes' && <Attributes of={span.attributes} dropped={span.dropped.attributes} />}
        {tab === 'Events' && <Events of={span.events} base={span.startUnixNanos} dropped={span.dropped.events} />}
        {tab === 'Links' && <Links of={span.links} dropped={span.dropped.links} />}
        {tab === 'Warnings' && <Warnings of={span.warnings} />}
        {tab === 'Resource' && <Origin span={span} />}
        {tab === 'Attributes' && span.traceState && (
          <p class="hint">
            tracestate <code>{span.traceState}</code>
          </p>
        )}
      </div>
    </>
  );
}
