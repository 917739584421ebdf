import { useEffect, useRef, useState } from 'preact/hooks';
import { parseDuration } from '../../../data/duration.ts';
import { fetchIds, traceOf } from '../../../data/trace.ts';
import { formatCount, formatDuration, formatExact, plural } from '../../../engine/format.ts';
import { Banner } from '../../../widgets/banner.tsx';
import { Hostile } from '../../../widgets/hostile.tsx';
import { Icon } from '../../../widgets/icon.tsx';
import { Swatch } from '../../../widgets/swatch.tsx';
import { analysisOf } from '../analysis/client.ts';
import { TABLE_FIELDS, type TableField, type TableFilter, type TableRow } from '../analysis/table.ts';
import { useAnswer } from '../analysis/use-answer.ts';
import type { TraceModel } from '../model.ts';
import { sortOf, sortText, useAddress } from '../../../shell/use-address.ts';
import { VirtualList } from '../../../widgets/virtual-list.tsx';
import './views.css';

const STATUSES: readonly TableFilter['status'][] = ['', 'error', 'ok', 'unset'];

/** Every span as a row: filtered by column, sorted, selected one by one or several at once. */
export function TableView({ model }: { model: TraceModel }) {
  const [service, setService] = useAddress('service', '');
  const [name, setName] = useAddress('name', '');
  const [status, setStatus] = useAddress('status', '');
  const [least, setLeast] = useAddress('min', '');
  const [sort, setSort] = useAddress('sort', 'start');
  const [field, descending] = sortOf(sort, TABLE_FIELDS, 'start');
  const nanos = least.trim() === '' ? 0 : parseDuration(least.trim());
  const filter: TableFilter = {
    service,
    name,
    status: STATUSES.find((known) => known === status) ?? '',
    least: nanos ?? 0,
  };
  const { answer, busy, error } = useAnswer<'table'>(model, { kind: 'table', filter, field, descending });
  const table = useRows(model, answer);
  const [marked, setMarked] = useState<ReadonlyMap<number, number>>(new Map());

  const choose = (index: number, event?: MouseEvent) => {
    const row = table.rows.get(index);
    table.setActive(index);
    if (!row) return;
    if (event?.ctrlKey || event?.metaKey || event?.shiftKey) {
      setMarked(event.shiftKey ? between(table, index, marked) : toggled(marked, row));
      return;
    }
    setMarked(new Map());
    model.select(row.row);
  };
  const sortBy = (next: TableField) => setSort(sortText(next, next === field ? !descending : false));
  const onAction = (action: string) => {
    const at = TABLE_FIELDS.findIndex(([known]) => known === field);
    const by = { 'sort-next': 1, 'sort-previous': -1 }[action];
    if (by === undefined) setSort(sortText(field, !descending));
    else setSort(sortText(TABLE_FIELDS[(at + by + TABLE_FIELDS.length) % TABLE_FIELDS.length][0], descending));
  };
  const sum = [...marked.values()].reduce((all, dur) => all + dur, 0);
  return (
    <>
      <div class="view-bar">
        <Filter label="Service Name" value={service} onChange={setService} />
        <Filter label="Span Name" value={name} onChange={setName} />
        <Filter label="Min Duration" value={least} onChange={setLeast} wrong={nanos === null} />
        <label class="field">
          Status
          <select value={filter.status} onChange={(event) => setStatus(event.currentTarget.value)}>
            {STATUSES.map((known) => (
              <option key={known} value={known}>
                {known || 'any'}
              </option>
            ))}
          </select>
        </label>
        <span class="hint" role="status">
          {answer && `${formatCount(answer.total)} of ${plural(model.facts.value?.spans ?? 0, 'span')}`}
          {marked.size > 0 && ` · ${marked.size} selected, ${formatDuration(sum)} in all`}
          {!answer && !error && `from ${plural(model.facts.value?.spans ?? 0, 'span')}`}
          {busy && ' …'}
        </span>
      </div>
      {error && <Banner kind="error">The table could not be made: {error}.</Banner>}
      <VirtualList
        label="Spans of the trace"
        count={answer?.total ?? 0}
        columns={TABLE_FIELDS.length + 1}
        busy={busy || !table.whole}
        active={table.active}
        onRange={table.setRange}
        onActive={(index) => choose(index)}
        onOpen={() => model.setPanel(true)}
        onAction={onAction}
        head={
          <div class="vhead spans" role="row">
            <span role="columnheader" class="plain">
              Span ID
            </span>
            {TABLE_FIELDS.map(([known, title]) => (
              <span
                key={known}
                role="columnheader"
                aria-sort={known === field ? (descending ? 'descending' : 'ascending') : undefined}
              >
                <button type="button" onClick={() => sortBy(known)}>
                  {title}
                  {known === field && <Icon name={descending ? 'descending' : 'ascending'} />}
                </button>
              </span>
            ))}
          </div>
        }
        row={(index) => {
          const row = table.rows.get(index);
          const selected = row !== undefined && (row.row === model.selected.value || marked.has(row.row));
          return (
            <div
              id={`vrow-${index}`}
              class={selected ? 'spans selected' : 'spans'}
              role="row"
              aria-rowindex={index + 2}
              aria-selected={selected}
              onClick={(event) => choose(index, event)}
            >
              {row ? <Cells row={row} id={table.ids.get(row.row)} model={model} /> : <span role="gridcell">…</span>}
            </div>
          );
        }}
      />
      {answer?.total === 0 && <p class="hint">No span passes the filter.</p>}
    </>
  );
}

function Cells({ row, id, model }: { row: TableRow; id: string | undefined; model: TraceModel }) {
  const slot = model.services.value.find(({ name }) => name === row.service)?.slot ?? 0;
  return (
    <>
      <span role="gridcell" class="mono">
        {id ?? '…'}
      </span>
      <span role="gridcell">
        <Swatch slot={slot} /> <Hostile text={row.service} />
      </span>
      <span role="gridcell">
        <Hostile text={row.name} />
      </span>
      <span role="gridcell" class="number" title={formatExact(row.dur)}>
        {formatDuration(row.dur)}
      </span>
      <span role="gridcell" class="number" title={formatExact(row.start)}>
        {formatDuration(row.start)}
      </span>
      <span role="gridcell" class={row.status === 'error' ? 'errors' : ''}>
        {row.status === 'error' ? '! error' : row.status}
      </span>
      <span role="gridcell" class="number" title={formatExact(row.self)}>
        {formatDuration(row.self)}
      </span>
      <span role="gridcell" class="number">
        {Number.isNaN(row.busy) ? 'n/a' : formatDuration(row.busy)}
      </span>
    </>
  );
}

interface Rows {
  rows: ReadonlyMap<number, TableRow>;
  /** Span ids by row, as far as they have come. */
  ids: ReadonlyMap<number, string>;
  /** Whether all that is on screen has come, span ids included. */
  whole: boolean;
  active: number;
  setActive: (index: number) => void;
  setRange: (from: number, to: number) => void;
}

/** The rows on screen, read anew whenever the order or the screen changes. `order` is the answer that made the order. */
function useRows(model: TraceModel, order: { total: number } | null): Rows {
  const [[from, to], setRange] = useState([0, 0]);
  const [rows, setRows] = useState<ReadonlyMap<number, TableRow>>(new Map());
  const [active, setActive] = useState(-1);
  const known = useRef(order);
  useEffect(() => {
    if (!order) return;
    let here = true;
    void analysisOf(model)
      .ask<'rows'>({ kind: 'rows', from, to })
      .then((list) => here && setRows(new Map(list.map((row, i) => [from + i, row]))));
    return () => {
      here = false;
    };
  }, [model, order, from, to]);
  const ids = useIds(model, rows);
  // In a new order the selected span has another place.
  useEffect(() => {
    if (!order || known.current === order) return;
    known.current = order;
    const row = model.selected.peek();
    if (row < 0) return setActive(-1);
    void analysisOf(model).ask<'place'>({ kind: 'place', row }).then(setActive);
  }, [order]);
  const whole = (rows.size > 0 || order?.total === 0) && [...rows.values()].every(({ row }) => ids.has(row));
  return { rows, ids, whole, active, setActive, setRange: (a, b) => setRange((old) => (old[0] === a && old[1] === b ? old : [a, b])) };
}

/** Scrolling may pass over many rows a second: ids are asked for where it rests. */
const REST_MS = 80;

/** The span ids of what is on screen: only the server has them. */
function useIds(model: TraceModel, rows: ReadonlyMap<number, TableRow>): ReadonlyMap<number, string> {
  const [ids, setIds] = useState<ReadonlyMap<number, string>>(new Map());
  useEffect(() => {
    const wanted = [...rows.values()].map(({ row }) => row);
    if (wanted.every((row) => ids.has(row))) return;
    const abort = new AbortController();
    const timer = window.setTimeout(() => {
      fetchIds(traceOf(model), wanted, abort.signal).then(
        (list) => setIds(new Map(list.map((id, place) => [wanted[place], id]))),
        // The column stays empty; the details of a row say why.
        () => !abort.signal.aborted && setIds(new Map(wanted.map((row) => [row, '']))),
      );
    }, REST_MS);
    return () => {
      window.clearTimeout(timer);
      abort.abort();
    };
  }, [model, rows]);
  return ids;
}

function toggled(marked: ReadonlyMap<number, number>, { row, dur }: TableRow): Map<number, number> {
  const next = new Map(marked);
  if (!next.delete(row)) next.set(row, dur);
  return next;
}

/** Marks from the active row to `index`, as far as they are on screen. */
function between({ rows, active }: Rows, index: number, marked: ReadonlyMap<number, number>): Map<number, number> {
  const next = new Map(marked);
  for (let at = Math.min(index, Math.max(0, active)); at <= Math.max(index, active); at++) {
    const row = rows.get(at);
    if (row) next.set(row.row, row.dur);
  }
  return next;
}

interface FilterProps {
  label: string;
  value: string;
  wrong?: boolean;
  onChange: (value: string) => void;
}

function Filter({ label, value, wrong, onChange }: FilterProps) {
  return (
    <label class="field">
      {label}
      <input
        type="text"
        value={value}
        aria-invalid={wrong}
        title={wrong ? 'write a number and a unit: 1.2s, 100ms, 500us' : undefined}
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  );
}
