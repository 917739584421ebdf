import { type TraceSummary, traceName } from '../../data/search.ts';
import { formatInstant, formatNear, millisOf, nanosOf } from '../../data/time.ts';
import { formatCount, formatDuration, formatExact } from '../../engine/format.ts';
import { params } from '../../shell/router.ts';
import { Hostile } from '../../widgets/hostile.tsx';
import { Icon } from '../../widgets/icon.tsx';
import { Swatch } from '../../widgets/swatch.tsx';
import { type Listing, linkOf } from './result.tsx';
import { SORTS, sortOf } from './sorts.ts';
import { sortBy } from './toolbar.tsx';

/** Heading, the sort that its button asks for first, and whether that one falls. */
const COLUMNS: readonly [string, string | null, boolean][] = [
  ['Trace', 'name', false],
  ['Trace ID', null, false],
  ['Start', 'newest', true],
  ['Duration', 'longest', true],
  ['Spans', 'most-spans', true],
  ['Errors', 'most-errors', true],
  ['Depth', null, false],
  ['Services', null, false],
];

/** The listed traces in columns; heads ask for another order. */
export function TraceTable({ traces, slots, spans, now }: Listing & { traces: readonly TraceSummary[] }) {
  const sort = sortOf(params.value);
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Table of traces">
      <table class="traces">
        <thead>
          <tr>
            {COLUMNS.map(([label, value, falls]) => {
              const chosen = value !== null && (sort.value === value || sort.inverse === value);
              const down = chosen && (sort.value === value) === falls;
              const next = chosen ? sort.inverse : value;
              return (
                <th key={label} scope="col" aria-sort={chosen ? (down ? 'descending' : 'ascending') : undefined}>
                  {value === null ? (
                    label
                  ) : (
                    <button type="button" onClick={() => sortBy(SORTS.find((one) => one.value === next) ?? SORTS[0])}>
                      {label} {chosen && <Icon name={down ? 'descending' : 'ascending'} />}
                    </button>
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {traces.map((trace) => (
            <Row key={trace.id} trace={trace} slots={slots} spans={spans} now={now} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ trace, slots, spans, now }: Listing & { trace: TraceSummary }) {
  const start = nanosOf(trace.startUnixNanos);
  return (
    <tr data-testid="result" data-trace={trace.id}>
      <th scope="row" data-label="Trace">
        <a class="name" href={linkOf(trace, spans)}>
          <Hostile text={traceName(trace)} />
        </a>
      </th>
      <td data-label="Trace ID">
        <code title={trace.id}>{trace.id.slice(0, 7)}</code>
      </td>
      <td data-label="Start" title={formatInstant(start)}>
        {formatNear(millisOf(start), now)}
      </td>
      <td data-label="Duration" class="number" title={formatExact(trace.durationNanos)}>
        {formatDuration(trace.durationNanos)}
      </td>
      <td data-label="Spans" class="number">
        {formatCount(trace.spans)}
      </td>
      <td data-label="Errors" class={trace.errors > 0 ? 'number errors' : 'number'}>
        {trace.errors > 0 && '! '}
        {formatCount(trace.errors)}
      </td>
      <td data-label="Depth" class="number">
        {trace.depth}
      </td>
      <td data-label="Services">
        {trace.services.map(({ name }) => (
          <span class="chip" key={name}>
            <Swatch slot={slots.get(name) ?? 0} />
            <Hostile text={name} />
          </span>
        ))}
      </td>
    </tr>
  );
}
