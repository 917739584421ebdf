import { useState } from 'preact/hooks';
import { fetchLocations, type LocationRow, type TaskQuery } from '../../data/runtime/tasks.ts';
import { formatCount, formatDuration, formatExact } from '../../engine/format.ts';
import { Banner } from '../../widgets/banner.tsx';
import { Hostile } from '../../widgets/hostile.tsx';
import { SortButton } from '../../widgets/sort-button.tsx';
import { VirtualList } from '../../widgets/virtual-list.tsx';
import { LintMark } from '../program/lint-mark.tsx';
import { useAnswer } from '../program/use-answer.ts';
import { useNarrow } from '../../widgets/use-narrow.ts';
import { NotKnown, shortLocation } from './columns.tsx';

type Field = keyof LocationRow;

const COLUMNS: readonly { field: Field; title: string; hint?: string; kind: 'text' | 'count' | 'time' | 'change' | 'age' }[] = [
  { field: 'lints', title: 'Warn', kind: 'count' },
  { field: 'location', title: 'Spawned at', kind: 'text' },
  { field: 'name', title: 'Name', hint: 'If all tasks of the place have the same', kind: 'text' },
  { field: 'alive', title: 'Alive', kind: 'count' },
  { field: 'growth', title: 'Growth', hint: 'Alive now, less those of ten minutes ago', kind: 'change' },
  { field: 'started', title: 'Started', hint: "Since the program's start, exactly", kind: 'count' },
  { field: 'ended', title: 'Ended', kind: 'count' },
  { field: 'polls', title: 'Polls', kind: 'count' },
  { field: 'busy', title: 'Busy', kind: 'time' },
  { field: 'scheduled', title: 'Sched', kind: 'time' },
  { field: 'longest', title: 'Longest poll', hint: 'Of all its polls', kind: 'time' },
  { field: 'oldest', title: 'Oldest', kind: 'age' },
];

const ROW_PX = 28;
const CARD_PX = 64;

/** A row a spawn location, with counts that are exact whatever else was left out. */
export function LocationTable({ query, onOpen }: { query: TaskQuery; onOpen: (location: string) => void }) {
  const narrow = useNarrow();
  const [active, setActive] = useState(-1);
  const [field, setField] = useState<Field>('alive');
  const [descending, setDescending] = useState(true);
  const [answer, error] = useAnswer((signal) => fetchLocations(query, signal), query.at === '', [query.program, query.at, query.filter]);
  const rows = answer?.rows ?? [];
  const at = answer?.facts.at ?? 0;
  const sorted = [...rows].sort(comparing(field, descending));
  const sortBy = (next: Field) => {
    setDescending(next === field ? !descending : next !== 'location' && next !== 'name');
    setField(next);
  };
  return (
    <>
      {/* What is wrong with the filter stands at its field. */}
      {error && error.parameter !== 'filter' && <Banner kind="error">The spawn locations could not be read: {error.message}.</Banner>}
      <VirtualList
        label="Spawn locations"
        count={sorted.length}
        columns={COLUMNS.length}
        busy={!answer && !error}
        rowPx={narrow ? CARD_PX : ROW_PX}
        active={active}
        onRange={() => undefined}
        onActive={setActive}
        onOpen={() => sorted[active] && onOpen(sorted[active].location)}
        onAction={(action) => {
          const by = { 'sort-next': 1, 'sort-previous': -1 }[action];
          if (by === undefined) return setDescending(!descending);
          const place = COLUMNS.findIndex((column) => column.field === field);
          setField(COLUMNS[(place + by + COLUMNS.length) % COLUMNS.length].field);
        }}
        head={
          <div class="vhead locations" role="row">
            {COLUMNS.map((column) => (
              <SortButton
                key={column.field}
                title={column.title}
                hint={column.hint}
                descending={column.field === field ? descending : undefined}
                onSort={() => sortBy(column.field)}
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
                class={index === active ? 'locations selected' : 'locations'}
                role="row"
                aria-rowindex={index + 2}
                aria-selected={index === active}
                onClick={() => setActive(index)}
                onDblClick={() => onOpen(row.location)}
              >
                {COLUMNS.map(({ field: name, title, kind }) => (
                  <span key={name} role="gridcell" class={kind === 'text' ? name : 'number'} data-label={title}>
                    <Cell row={row} field={name} kind={kind} at={at} />
                  </span>
                ))}
              </div>
            )
          );
        }}
      />
    </>
  );
}

function Cell({ row, field, kind, at }: { row: LocationRow; field: Field; kind: string; at: number }) {
  const value = row[field];
  if (field === 'lints') return <LintMark lints={row.lints} />;
  if (typeof value === 'string') {
    return (
      <span title={value}>
        <Hostile text={field === 'location' ? shortLocation(value) : value} />
      </span>
    );
  }
  if (Number.isNaN(value)) return <NotKnown why="not known of this program" />;
  if (kind === 'change') return <>{value > 0 ? `+${formatCount(value)}` : value < 0 ? `−${formatCount(-value)}` : '0'}</>;
  if (kind === 'age') return <>{formatDuration(Math.max(0, at - value))}</>;
  if (kind === 'time') return <span title={formatExact(value)}>{formatDuration(value)}</span>;
  return <>{formatCount(value)}</>;
}

function comparing(field: Field, descending: boolean): (a: LocationRow, b: LocationRow) => number {
  const sign = descending ? -1 : 1;
  return (a, b) => {
    const [x, y] = [a[field], b[field]];
    if (typeof x === 'string' || typeof y === 'string') return sign * String(x).localeCompare(String(y));
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return sign * (x - y) || a.location.localeCompare(b.location);
  };
}
