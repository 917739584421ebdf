import type { RefObject } from 'preact';
import { isTraceql } from '../../engine/find.ts';
import { formatCount } from '../../engine/format.ts';
import { actionOf } from '../../shell/keys.ts';
import { Caret } from '../../widgets/caret.tsx';
import { CompletedField, type Suggestions } from '../../widgets/completion.tsx';
import { Icon } from '../../widgets/icon.tsx';
import { suggestQuery } from '../search/completions.ts';
import type { TraceModel } from './model.ts';

/** Words are matched as they are typed; TraceQL is completed as in the search. */
async function suggest(text: string, caret: number, signal: AbortSignal): Promise<Suggestions | null> {
  return isTraceql(text) ? suggestQuery(text, caret, signal) : null;
}

/** Find in the trace: hits are counted, walked and fitted. */
export function FindBox({ model, field }: { model: TraceModel; field: RefObject<HTMLInputElement | null> }) {
  const { count } = model.found.value;
  const query = model.query.value;
  const refused = model.serverFind.refused.value;
  const leave = (event: KeyboardEvent) => {
    if (query) model.find('');
    else (event.currentTarget as HTMLElement).blur();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const action = actionOf(event, ['find']);
    if (action === 'next-hit' || action === 'previous-hit') model.step(action);
    else if (event.key === 'Escape') leave(event);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <search class="find" aria-busy={model.serverFind.asking.value}>
      <Icon name="find" />
      <CompletedField
        id="find"
        element={field}
        value={query}
        suggest={suggest}
        onInput={(text) => model.find(text)}
        onKeyDown={onKeyDown}
        field={{
          'aria-label': 'Find in names, attributes and ids',
          'aria-describedby': refused ? 'find-problem' : 'find-count',
          'aria-invalid': refused !== null,
          placeholder: 'Find…',
          title: 'Words by space, phrases in quotes; -key leaves an attribute out; a span id opens its span; { … } is TraceQL (/)',
        }}
      />
      <span class="count" id="find-count" role="status">
        {query && <Count model={model} />}
      </span>
      {query && (
        <span class="steps">
          <Step model={model} name="Previous match" keys="Shift+Enter" icon="up" step="previous-hit" off={count === 0} />
          <Step model={model} name="Next match" keys="Enter" icon="down" step="next-hit" off={count === 0} />
          <button
            type="button"
            class="icon small"
            aria-label="Fit all matches"
            title="Fit all matches"
            disabled={count === 0}
            onClick={() => model.fitHits()}
          >
            <Icon name="target" />
          </button>
          <button type="button" class="icon small" aria-label="Clear find" title="Clear find (Esc)" onClick={() => model.find('')}>
            <Icon name="close" />
          </button>
        </span>
      )}
      {refused && (
        <div class="problem" id="find-problem" role="status">
          {refused.column > 0 && <Caret text={query} column={refused.column} />}
          {refused.message}
        </div>
      )}
    </search>
  );
}

/** What was found so far: names at once, attributes when the server has answered. */
function Count({ model }: { model: TraceModel }) {
  const { count, hit } = model.found.value;
  const { asking, failed, refused } = model.serverFind;
  const found = count === 0 ? 'no match' : `${formatCount(hit)} of ${formatCount(count)}`;
  if (refused.value) return <>not understood</>;
  // Names are matched as they arrive; conditions are met by nothing until all rows are here.
  const early = model.state.value === 'loading' && isTraceql(model.query.value);
  if (asking.value || early) return <>{count === 0 ? 'looking…' : `${found}…`}</>;
  if (failed.value) {
    return (
      <span class="warned" title={`Names alone were looked through: ${failed.value}`}>
        {found} <Icon name="warn" />
      </span>
    );
  }
  return <>{found}</>;
}

interface StepProps {
  model: TraceModel;
  name: string;
  keys: string;
  icon: 'up' | 'down';
  step: 'next-hit' | 'previous-hit' | 'next-error' | 'previous-error';
  off: boolean;
}

export function Step({ model, name, keys, icon, step, off }: StepProps) {
  return (
    <button
      type="button"
      class="icon small"
      aria-label={name}
      title={`${name} (${keys})`}
      disabled={off}
      onClick={() => model.step(step)}
    >
      <Icon name={icon} />
    </button>
  );
}
