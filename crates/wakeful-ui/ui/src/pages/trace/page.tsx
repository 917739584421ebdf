import { useEffect, useMemo, useRef } from 'preact/hooks';
import { isError } from '../../engine/flags.ts';
import { formatBytes, formatCount, formatDuration, plural } from '../../engine/format.ts';
import { pageCommands, status } from '../../shell/commands.ts';
import { params, replace, travelled } from '../../shell/router.ts';
import { revision } from '../../theme/theme.ts';
import { Banner } from '../../widgets/banner.tsx';
import { DetailPanel } from './detail-panel.tsx';
import { Heading } from './heading.tsx';
import { Missing } from './missing.tsx';
import { Minimap } from './minimap.tsx';
import { TraceModel } from './model.ts';
import { Timeline } from './timeline.tsx';
import { Toolbar } from './toolbar.tsx';
import './details.css';
import './timeline.css';
import './trace.css';

/** One trace: its totals, its timeline, and the details of the span that is selected. */
export function TracePage({ id }: { id: string }) {
  const model = useMemo(() => new TraceModel(id), [id]);
  const found = useRef<HTMLInputElement>(null);

  useEffect(() => () => model.close(), [model]);
  useEffect(() => {
    pageCommands.value = {
      find: () => {
        found.current?.focus();
        found.current?.select();
      },
      close: () => closeLayer(model),
    };
    return () => {
      pageCommands.value = {};
      status.value = '';
    };
  }, [model]);
  useEffect(() => {
    if (revision.value > 0) model.recolour();
  }, [model, revision.value]);
  useEffect(() => {
    if (travelled.value > 0 && model.facts.peek()) model.windowFromAddress();
  }, [model, travelled.value]);

  const facts = model.facts.value;
  useEffect(() => {
    // Old links have ids in other forms; the address gets the one that is stored.
    if (facts && facts.id !== id) replace(`/trace/${facts.id}`, params.peek());
  }, [facts]);
  useSpokenSelection(model);

  const state = model.state.value;
  if (state === 'missing') return <Missing id={id} />;
  return (
    <article class={model.panel.value && model.selected.value >= 0 ? 'trace with-panel' : 'trace'}>
      <Heading model={model} find={found} />
      {state === 'error' && (
        <Banner kind="error">
          The trace could not be read: {model.error.value}.{' '}
          <button type="button" onClick={() => window.location.reload()}>
            Retry
          </button>
        </Banner>
      )}
      {state === 'partial' && (
        <Banner kind="warn">
          Part of this trace is missing: {model.error.value || 'the server does not say why'}.{' '}
          <button type="button" onClick={() => window.location.reload()}>
            Retry
          </button>
        </Banner>
      )}
      {model.outdated.value && (
        <Banner kind="warn">
          Spans were added to this trace since it was read.{' '}
          <button type="button" onClick={() => window.location.reload()}>
            Show them
          </button>
        </Banner>
      )}
      {state === 'loading' && <Loading model={model} />}
      <Minimap model={model} />
      <Toolbar model={model} />
      <Timeline model={model} />
      <DetailPanel model={model} />
    </article>
  );
}

function Loading({ model }: { model: TraceModel }) {
  const facts = model.facts.value;
  const of = facts ? ` of ${plural(facts.spans, 'span')}` : ' spans';
  return (
    <p class="progress" role="status">
      {formatCount(model.rows.value)}
      {of} · {formatBytes(model.bytes.value)} so far
    </p>
  );
}

/** Esc takes away the selection first, then the find. */
function closeLayer(model: TraceModel): boolean {
  if (model.selected.peek() >= 0) model.select(-1);
  else if (model.query.peek()) model.find('');
  else return false;
  return true;
}

/** The status line says the selected row, so that it is heard without seeing it. */
function useSpokenSelection(model: TraceModel): void {
  const info = model.selectedInfo();
  const visible = model.picture.value?.visible ?? 0;
  const text = info
    ? [
        info.name,
        info.service,
        formatDuration(info.dur),
        `depth ${info.level}`,
        isError(info.flags) ? 'error' : '',
        `row ${formatCount(info.index + 1)} of ${formatCount(visible)}`,
      ]
        .filter(Boolean)
        .join(', ')
    : '';
  const complete = model.state.value === 'complete' && model.selected.value < 0;
  const spans = model.facts.value?.spans ?? 0;
  useEffect(() => {
    if (text) status.value = text;
    else if (complete) status.value = `${plural(spans, 'span')} read · complete`;
  }, [text, complete]);
}
