import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';
import { formatInstant, nanosOf, rfc3339 } from '../../data/time.ts';
import { formatCount, formatDuration, formatExact } from '../../engine/format.ts';
import { copyLink } from '../../shell/commands.ts';
import { actionOf } from '../../shell/keys.ts';
import { href, stepsBackTo } from '../../shell/router.ts';
import { CopyButton } from '../../widgets/copy-button.tsx';
import { Hostile, visibleControls } from '../../widgets/hostile.tsx';
import { Icon } from '../../widgets/icon.tsx';
import type { TraceModel } from './model.ts';

/** Name, id, find, actions, and the totals. */
export function Heading({ model, find }: { model: TraceModel; find: RefObject<HTMLInputElement | null> }) {
  const facts = model.facts.value;
  const id = facts?.id ?? model.id;
  const name = useTraceName(model);
  useEffect(() => {
    document.title = `${visibleControls(name)} – wakeful`;
  }, [name]);
  return (
    <header class="heading">
      <div class="line">
        <a class="icon button" href={href('/search')} aria-label="Back to Search" title="Back to Search" onClick={back}>
          <Icon name="back" />
        </a>
        <h1>
          <Hostile text={name} />
        </h1>
        <code class="id" title={id}>
          {id.slice(0, 12)}…
        </code>
        <CopyButton text={id} what="the trace id" />
        <Find model={model} field={find} />
        <a class="button" href={`${href(`/api/traces/${id}`)}?prettyPrint=true`} target="_blank" rel="noopener">
          <Icon name="open" /> Trace JSON
        </a>
        <button type="button" onClick={copyLink}>
          <Icon name="copy" /> Copy link
        </button>
      </div>
      {facts && (
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
          <Total name="Errors" count={facts.errors} failed={facts.errors > 0} />
          {facts.orphans > 0 && <Total name="Incomplete" count={facts.orphans} title="spans whose parent is missing" />}
          {facts.warnings > 0 && <Total name="Warnings" count={facts.warnings} title="spans that were repaired" />}
        </dl>
      )}
    </header>
  );
}

interface TotalProps {
  name: string;
  count: number;
  failed?: boolean;
  title?: string;
}

function Total({ name, count, failed, title }: TotalProps) {
  return (
    <div title={title}>
      <dt>{name}</dt>
      <dd class={failed ? 'errors' : ''} title={String(count)}>
        {formatCount(count)}
      </dd>
    </div>
  );
}

function Find({ model, field }: { model: TraceModel; field: RefObject<HTMLInputElement | null> }) {
  const { count, hit } = model.found.value;
  const query = model.query.value;
  const onKeyDown = (event: KeyboardEvent) => {
    const action = actionOf(event, ['find']);
    if (action === 'next-hit' || action === 'previous-hit') model.step(action);
    else if (event.key === 'Escape') leave(event);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const leave = (event: KeyboardEvent) => {
    if (query) model.find('');
    else (event.currentTarget as HTMLElement).blur();
  };
  return (
    <search class="find">
      <Icon name="find" />
      <input
        ref={field}
        type="text"
        aria-label="Find in names and services"
        placeholder="Find in names and services…"
        value={query}
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => model.find(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {query && (
        <>
          <span class="count" role="status">
            {count === 0 ? 'no match' : `${formatCount(hit)} of ${formatCount(count)}`}
          </span>
          <button
            type="button"
            class="icon small"
            aria-label="Previous match"
            title="Previous match (Shift+Enter)"
            disabled={count === 0}
            onClick={() => model.step('previous-hit')}
          >
            <Icon name="up" />
          </button>
          <button
            type="button"
            class="icon small"
            aria-label="Next match"
            title="Next match (Enter)"
            disabled={count === 0}
            onClick={() => model.step('next-hit')}
          >
            <Icon name="down" />
          </button>
        </>
      )}
    </search>
  );
}

/** The name of the first root on screen; until it is there, the id. It stays when the root is scrolled away. */
function useTraceName(model: TraceModel): string {
  const first = model.picture.value?.rows[0];
  if (first?.row === 0) model.title = `${first.service}: ${first.name}`;
  return model.title || `Trace ${model.id.slice(0, 12)}`;
}

/** Back to the list one came from, as it was; else to an empty search. */
function back(event: MouseEvent): void {
  const steps = stepsBackTo('/search');
  if (steps === 0) return;
  event.preventDefault();
  event.stopPropagation();
  history.go(-steps);
}
