import { formatCount, plural } from '../../engine/format.ts';
import type { TraceSummary } from '../../data/search.ts';
import { go, href, params } from '../../shell/router.ts';
import { save } from '../../shell/save.ts';
import { Menu, type MenuItem } from '../../widgets/menu.tsx';
import { csvOfTraces } from './csv.ts';
import { heat } from './heat.ts';
import type { Run } from './run.ts';
import { type Sort, SORTS, sortOf } from './sorts.ts';

/** Jaeger's own API takes so many ids in one address. */
const JSON_MAX = 1_500;

/** How many were found, in what order, as what, and the way to take them along. */
export function Toolbar({ run }: { run: Run }) {
  const { traces, end } = run;
  const all = end?.matches ?? (heat.value?.complete ? heat.value.traces : undefined);
  const sort = sortOf(params.value);
  return (
    <div class="above">
      <h2>
        {plural(traces.length, 'trace')}
        {all !== undefined && all > traces.length && !run.stale && <span class="hint"> of {formatCount(all)}</span>}
      </h2>
      <div class="tools">
        <label>
          Sort{' '}
          <select value={sort.value} onChange={(event) => sortBy(SORTS[event.currentTarget.selectedIndex])}>
            {SORTS.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <div class="switch" role="group" aria-label="Show as">
          {(['list', 'table'] as const).map((form) => (
            <button key={form} type="button" aria-pressed={listedAs(params.value) === form} onClick={() => showAs(form)}>
              {form === 'list' ? 'List' : 'Table'}
            </button>
          ))}
        </div>
        <Menu label="Download" icon="download" items={downloads(traces)} />
      </div>
    </div>
  );
}

export function listedAs(query: URLSearchParams): 'list' | 'table' {
  return query.get('list') === 'table' ? 'table' : 'list';
}

/** The first page in another order: the server is asked anew. */
export function sortBy({ value }: Sort): void {
  const query = new URLSearchParams(params.peek());
  query.delete('shown');
  if (value === SORTS[0].value) query.delete('sort');
  else query.set('sort', value);
  go('/search', query);
}

function showAs(form: 'list' | 'table'): void {
  const query = new URLSearchParams(params.peek());
  if (form === 'list') query.delete('list');
  else query.set('list', form);
  go('/search', query);
}

export function downloads(traces: readonly TraceSummary[]): MenuItem[] {
  const hint = traces.length > JSON_MAX ? `the first ${formatCount(JSON_MAX)}` : undefined;
  return [
    { name: 'JSON (Jaeger)', hint, href: jsonAddress(traces), download: true },
    { name: 'CSV of this list', run: () => save('traces.csv', 'text/csv', csvOfTraces(traces)) },
  ];
}

function jsonAddress(traces: readonly TraceSummary[]): string {
  return href('/api/traces', new URLSearchParams(traces.slice(0, JSON_MAX).map(({ id }) => ['traceID', id])));
}
