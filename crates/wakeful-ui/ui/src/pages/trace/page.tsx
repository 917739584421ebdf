import { useEffect, useMemo, useRef } from 'preact/hooks';
import { isError } from '../../engine/flags.ts';
import { formatCount, formatDuration, plural } from '../../engine/format.ts';
import { pageCommands, status } from '../../shell/commands.ts';
import { params, replace, travelled } from '../../shell/router.ts';
import { revision } from '../../theme/theme.ts';
import { actionsOf } from './actions.tsx';
import { embeddingIn, partIn } from './address.ts';
import { Heading } from './heading.tsx';
import { LateDetails } from './late-details.tsx';
import { LateMissing } from './late-missing.tsx';
import { Messages } from './messages.tsx';
import { Minimap } from './minimap.tsx';
import { TraceModel } from './model.ts';
import { performOnPage, scopesOf, watchPageKeys } from './page-keys.ts';
import { Timeline } from './timeline.tsx';
import { Toolbar } from './toolbar.tsx';
import { LateView } from './views/late-view.tsx';
import './timeline.css';
import './trace.css';

/** One trace: its totals, one view of it, and the details of the span that is selected. */
export function TracePage({ id }: { id: string }) {
  const raw = params.value.get('raw') === '1';
  const part = partIn(params.value);
  return <Opened key={`${raw} ${part}`} id={id} raw={raw} part={part} />;
}

function Opened({ id, raw, part }: { id: string; raw: boolean; part: string }) {
  // The id may be written in another way later: it is the same trace, or this is another component.
  const model = useMemo(() => new TraceModel(id, raw, part), []);
  const found = useRef<HTMLInputElement>(null);

  useEffect(() => () => model.close(), [model]);
  useCommands(model, () => {
    found.current?.focus();
    found.current?.select();
  });
  useEffect(() => {
    if (revision.value > 0) model.recolour();
  }, [model, revision.value]);
  useEffect(() => {
    if (travelled.value > 0) model.readAddress();
  }, [model, travelled.value]);

  const facts = model.facts.value;
  useEffect(() => {
    // Old links have ids in other forms; the address gets the one that is stored.
    if (facts && facts.id !== id) replace(`/trace/${facts.id}`, params.peek());
  }, [facts]);
  useSpokenSelection(model);

  if (model.state.value === 'missing') return <LateMissing id={id} />;
  const view = model.viewName.value;
  const panel = model.panel.value && model.selected.value >= 0;
  const embedding = embeddingIn(params.value);
  return (
    <article class={panel ? 'trace with-panel' : 'trace'} data-view={view} data-state={model.state.value}>
      <Heading model={model} find={found} />
      <Messages model={model} />
      {view === 'timeline' ? (
        <>
          {embedding.minimap && !model.slim.value && <Minimap model={model} />}
          <Toolbar model={model} />
          <Timeline model={model} />
        </>
      ) : (
        <LateView model={model} view={view} />
      )}
      <LateDetails model={model} />
    </article>
  );
}

/** What the shell's keys and palette do on this page. */
function useCommands(model: TraceModel, find: () => void): void {
  const scopes = scopesOf(model);
  useEffect(() => {
    pageCommands.value = {
      find,
      close: () => closeLayer(model),
      keys: { scopes, perform: (action) => performOnPage(model, action) },
      actions: actionsOf(model)
        .filter(({ run, name }) => run && name !== 'Copy link')
        .map(({ name, run }) => ({ name, run: () => run?.() })),
    };
  }, [model, scopes.length]);
  useEffect(() => watchPageKeys(model), [model]);
  useEffect(
    () => () => {
      pageCommands.value = {};
      status.value = '';
    },
    [model],
  );
}

/** Esc takes away the selection first, then the find. */
function closeLayer(model: TraceModel): boolean {
  if (model.range.peek()) model.range.value = null;
  else if (model.opened.selected.peek()) model.opened.select(null);
  else if (model.selected.peek() >= 0) model.select(-1);
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
  const state = model.state.value;
  const complete = state === 'complete' && text === '';
  const spans = model.facts.value?.spans ?? 0;
  useEffect(() => {
    if (text) status.value = text;
    else if (complete) status.value = `${plural(spans, 'span')} read · complete`;
  }, [text, complete]);
}
