import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';
import { type Facts, lossSentences } from '../../engine/facts.ts';
import { formatCount, formatDuration, formatExact } from '../../engine/format.ts';
import { formatInstant, nanosOf, rfc3339 } from '../../data/time.ts';
import { rememberTrace } from '../../shell/recent.ts';
import { href, params, stepsBackTo } from '../../shell/router.ts';
import { CopyButton } from '../../widgets/copy-button.tsx';
import { Hostile, visibleControls } from '../../widgets/hostile.tsx';
import { Icon } from '../../widgets/icon.tsx';
import { Menu } from '../../widgets/menu.tsx';
import { Actions } from './actions.tsx';
import { embeddingIn, VIEWS } from './address.ts';
import { FindBox, Step } from './find-box.tsx';
import type { TraceModel } from './model.ts';

/** Name, id, find, views, actions, and the totals. In a frame, only what the frame did not ask to leave out. */
export function Heading({ model, find }: { model: TraceModel; find: RefObject<HTMLInputElement | null> }) {
  const id = model.facts.value?.id ?? model.id;
  const name = useTraceName(model);
  const embedding = embeddingIn(params.value);
  const slim = model.slim.value;
  // With the name itself, not after it: who leaves at once leaves a trace of this name behind.
  useLayoutEffect(() => {
    document.title = `${visibleControls(name)} – wakeful`;
    rememberTrace({ id, name: visibleControls(name) });
  }, [id, name]);
  return (
    <header class={slim ? 'heading slim' : 'heading'}>
      <div class="line">
        {embedding.embedded ? (
          <button
            type="button"
            class="icon"
            aria-label="Totals"
            aria-expanded={!slim}
            title={slim ? 'Show the totals' : 'Hide the totals'}
            onClick={() => (model.slim.value = !slim)}
          >
            <Icon name={slim ? 'right' : 'down'} />
          </button>
        ) : (
          <a class="icon button" href={href('/search')} aria-label="Back to Search" title="Back to Search" onClick={back}>
            <Icon name="back" />
          </a>
        )}
        <h1>
          <Hostile text={name} />
        </h1>
        <code class="id" title={id}>
          {id.slice(0, 12)}…
        </code>
        <CopyButton text={id} what="the trace id" />
        <FindBox model={model} field={find} />
        <div class="menus end">
          <ViewMenu model={model} />
          <Actions model={model} />
          {embedding.embedded && (
            <a class="icon button" href={standalone()} target="_blank" rel="noopener" aria-label="Open in a new tab" title="Open in a new tab">
              <Icon name="open" />
            </a>
          )}
        </div>
      </div>
      {embedding.summary && !slim && <Totals model={model} />}
    </header>
  );
}

function ViewMenu({ model }: { model: TraceModel }) {
  const shown = model.viewName.value;
  const items = VIEWS.map(([name, title], index) => ({
    name: title,
    hint: String(index + 1),
    checked: name === shown,
    run: () => model.show(name),
  }));
  return <Menu label={VIEWS.find(([name]) => name === shown)?.[1] ?? ''} title="View" items={items} />;
}

function Totals({ model }: { model: TraceModel }) {
  const facts = model.facts.value;
  const tally = model.tally.value;
  if (!facts) return null;
  return (
    <dl class="totals">
      <div>
        <dt>Trace Start</dt>
        <dd title={rfc3339(nanosOf(facts.base))}>{formatInstant(nanosOf(facts.base))}</dd>
      </div>
      <div>
        <dt>Duration</dt>
        <dd title={formatExact(facts.durationNanos)}>{formatDuration(facts.durationNanos)}</dd>
      </div>
      <Total name="Services" count={facts.services} />
      <Total name="Depth" count={facts.depth} />
      <Total name="Total Spans" count={facts.spans} />
      <div>
        <dt>Errors</dt>
        <dd class={facts.errors > 0 ? 'errors' : ''} title={String(facts.errors)}>
          {formatCount(facts.errors)}
          {facts.errors > 0 && (
            <span class="steps">
              <Step model={model} name="Previous error" keys="Shift+E" icon="up" step="previous-error" off={false} />
              <Step model={model} name="Next error" keys="E" icon="down" step="next-error" off={false} />
            </span>
          )}
        </dd>
      </div>
      {facts.orphans > 0 && <Total name="Incomplete" count={facts.orphans} title="spans whose parent is missing" />}
      {tally && tally.open > 0 && (
        <div title="spans that have not ended">
          <dt>Open</dt>
          <dd>
            {formatCount(tally.open)}{' '}
            {!model.watch.follow.value && (
              <button type="button" class="link" onClick={() => model.watch.setFollow(true)}>
                Follow
              </button>
            )}
          </dd>
        </div>
      )}
      {tally && tally.adjusted > 0 && (
        <Total name="Adjusted" count={tally.adjusted} title="spans whose clock was corrected; Actions shows them as sent" />
      )}
      {facts.warnings > 0 && <Total name="Warnings" count={facts.warnings} title="spans that were repaired" />}
      <Total name="Lost" count={facts.lost} title={lostTitle(facts)} warned={facts.lost > 0} />
    </dl>
  );
}

function lostTitle({ losses }: Facts): string {
  return ['spans and records known to be lost in the time of this trace', ...lossSentences(losses, 10)].join('\n');
}

interface TotalProps {
  name: string;
  count: number;
  warned?: boolean;
  title?: string;
}

function Total({ name, count, warned, title }: TotalProps) {
  return (
    <div title={title}>
      <dt>{name}</dt>
      <dd class={warned ? 'warned' : ''} title={String(count)}>
        {formatCount(count)}
      </dd>
    </div>
  );
}

/** The name of the first root: from the picture while rows still come, then from all rows; the id until then. */
function useTraceName(model: TraceModel): string {
  const first = model.picture.value?.rows[0];
  const root = model.tally.value?.root ?? (first?.row === 0 && first.service ? first : null);
  if (root) model.title = `${root.service}: ${root.name}`;
  return model.title || `Trace ${model.id.slice(0, 12)}`;
}

/** The same view outside of the frame. */
function standalone(): string {
  const query = new URLSearchParams(params.value);
  for (const name of [...query.keys()]) if (/^ui(Embed|Theme|Timeline|SearchHide)/.test(name)) query.delete(name);
  return href(window.location.pathname.slice(href('/').length - 1), query);
}

/** Back to the list one came from, as it was; else to an empty search. */
function back(event: MouseEvent): void {
  const steps = stepsBackTo('/search');
  if (steps === 0) return;
  event.preventDefault();
  event.stopPropagation();
  history.go(-steps);
}
