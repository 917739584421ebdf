import type { ComponentChildren } from 'preact';
import { taskOrder } from '../../data/runtime/task-id.ts';
import type { ResourceRow } from '../../data/runtime/resources.ts';
import { formatCount, formatDuration, formatExact } from '../../engine/format.ts';
import { href } from '../../shell/router.ts';
import { Hostile } from '../../widgets/hostile.tsx';
import { SortButton } from '../../widgets/sort-button.tsx';
import { VirtualList } from '../../widgets/virtual-list.tsx';
import { sharedQuery } from '../program/keys.ts';
import { LintMark } from '../program/lint-mark.tsx';
import { useNarrow } from '../../widgets/use-narrow.ts';
import { shortLocation } from '../tasks/columns.tsx';

type Field = keyof ResourceRow;

interface Column {
  field: Field;
  title: string;
  hint?: string;
  of: 'text' | 'number' | 'warn' | 'id' | 'type' | 'location';
  cell: (row: ResourceRow, at: number) => ComponentChildren;
}

const text = (value: string) => (
  <span title={value}>
    <Hostile text={value} />
  </span>
);
const duration = (nanos: number) => (Number.isNaN(nanos) ? <span class="hint">–</span> : <span title={formatExact(nanos)}>{formatDuration(nanos)}</span>);
const count = (value: number) => (Number.isNaN(value) ? <span class="hint">n/a</span> : formatCount(value));

/** Tokio-console's columns, and who holds and waits. */
export const RESOURCE_COLUMNS: readonly Column[] = [
  { field: 'lints', title: 'Warn', of: 'warn', cell: ({ lints }) => <LintMark lints={lints} /> },
  {
    ...{ field: 'id', title: 'ID', of: 'id' },
    cell: ({ id }) => (
      <a href={href(`/resources/${id}`, sharedQuery())} tabIndex={-1}>
        {id}
      </a>
    ),
  },
  { field: 'parent', title: 'Parent', of: 'number', cell: ({ parent }) => parent || <span class="hint">–</span> },
  { field: 'kind', title: 'Kind', of: 'text', cell: ({ kind }) => text(kind) },
  { field: 'type', title: 'Type', of: 'type', cell: ({ type, name, internal }) => text([type, name, internal && '(internal)'].filter(Boolean).join(' ')) },
  { field: 'total', title: 'Total', of: 'number', cell: ({ total }) => duration(total) },
  {
    ...{ field: 'holder', title: 'Holder', of: 'number', hint: 'The task that holds it, and for how long' },
    cell: ({ holder, held }, at) =>
      holder ? (
        <>
          <a href={href(`/tasks/${holder}`, sharedQuery())} tabIndex={-1}>
            {holder}
          </a>{' '}
          {!Number.isNaN(held) && <span class="hint">{formatDuration(Math.max(0, at - held))}</span>}
        </>
      ) : (
        <span class="hint">–</span>
      ),
  },
  { field: 'waiting', title: 'Waiting', of: 'number', hint: 'Tasks that wait for it', cell: ({ waiting }) => count(waiting) },
  { field: 'longestWait', title: 'Longest', of: 'number', hint: 'The longest wait', cell: ({ longestWait }) => duration(longestWait) },
  { field: 'contended', title: 'Contended', of: 'number', hint: 'How often somebody had to wait for it', cell: ({ contended }) => count(contended) },
  { field: 'ops', title: 'Ops', of: 'number', hint: 'Async operations', cell: ({ ops }) => count(ops) },
  { field: 'location', title: 'Location', of: 'location', cell: ({ location }) => text(shortLocation(location)) },
  { field: 'attributes', title: 'Attributes', of: 'text', cell: ({ attributes }) => text(attributes) },
];

interface Props {
  rows: readonly ResourceRow[];
  at: number;
  busy: boolean;
  field: Field;
  descending: boolean;
  onSort: (field: Field, descending: boolean) => void;
  selected: string;
  onSelect: (id: string) => void;
  onOpen: (id: string) => void;
}

const ROW_PX = 28;
const CARD_PX = 64;
const FROM_MOST: readonly Field[] = ['lints', 'total', 'waiting', 'longestWait', 'contended', 'ops'];

export function ResourceTable({ rows, at, busy, field, descending, onSort, selected, onSelect, onOpen }: Props) {
  const narrow = useNarrow();
  const sorted = [...rows].sort(comparing(field, descending));
  const active = selected === '' ? -1 : sorted.findIndex(({ id }) => id === selected);
  return (
    <VirtualList
      label="Resources"
      count={sorted.length}
      columns={RESOURCE_COLUMNS.length}
      busy={busy}
      rowPx={narrow ? CARD_PX : ROW_PX}
      active={active}
      onRange={() => undefined}
      onActive={(index) => sorted[index] && onSelect(sorted[index].id)}
      onOpen={() => selected !== '' && onOpen(selected)}
      onAction={(action) => {
        const by = { 'sort-next': 1, 'sort-previous': -1 }[action];
        if (by === undefined) return onSort(field, !descending);
        const place = RESOURCE_COLUMNS.findIndex((column) => column.field === field);
        onSort(RESOURCE_COLUMNS[(place + by + RESOURCE_COLUMNS.length) % RESOURCE_COLUMNS.length].field, descending);
      }}
      head={
        <div class="vhead resources" role="row">
          {RESOURCE_COLUMNS.map((column) => (
            <SortButton
              key={column.field}
              title={column.title}
              hint={column.hint}
              descending={column.field === field ? descending : undefined}
              onSort={() => onSort(column.field, column.field === field ? !descending : FROM_MOST.includes(column.field))}
            />
          ))}
        </div>
      }
      row={(index) => {
        const row = sorted[index];
        return (
          row && (
            <div
              id={`vrow-${index}`}
              class={row.id === selected ? 'resources selected' : 'resources'}
              role="row"
              aria-rowindex={index + 2}
              aria-selected={row.id === selected}
              onClick={() => onSelect(row.id)}
              onDblClick={() => onOpen(row.id)}
            >
              {RESOURCE_COLUMNS.map((column) => (
                <span key={column.field} role="gridcell" class={`${column.of} ${column.field}`} data-label={column.title}>
                  {column.cell(row, at)}
                </span>
              ))}
            </div>
          )
        );
      }}
    />
  );
}

/** What is not known comes last, and equal rows keep to their ids. */
export function comparing(field: Field, descending: boolean): (a: ResourceRow, b: ResourceRow) => number {
  const sign = descending ? -1 : 1;
  const numeric = field === 'id' || field === 'parent' || field === 'holder';
  return (a, b) => {
    const byId = Number(a.id) - Number(b.id);
    const [x, y] = [a[field], b[field]];
    if (!numeric && typeof x === 'string' && typeof y === 'string') return sign * x.localeCompare(y) || byId;
    const number = (value: typeof x) => (value === '' ? Number.NaN : taskOrder(String(value)));
    const [m, n] = [number(x), number(y)];
    if (Number.isNaN(m) || Number.isNaN(n)) return Number(Number.isNaN(m)) - Number(Number.isNaN(n)) || byId;
    return sign * (m - n) || byId;
  };
}
