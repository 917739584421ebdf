import { useState } from 'preact/hooks';
import type { Insight } from '../../data/runtime/programs.ts';
import type { TaskRow } from '../../data/runtime/tasks.ts';
import { href } from '../../shell/router.ts';
import { SortButton } from '../../widgets/sort-button.tsx';
import { VirtualList } from '../../widgets/virtual-list.tsx';
import { whyUnknown } from '../program/insight-note.tsx';
import { sharedQuery } from '../program/keys.ts';
import { useNarrow } from '../../widgets/use-narrow.ts';
import { TASK_COLUMNS } from './columns.tsx';
import { grown, type TaskField } from './live-rows.ts';

interface Props {
  rows: readonly TaskRow[];
  /** The instant that is shown, in the rows' time. */
  at: number;
  insight: Insight;
  busy: boolean;
  field: TaskField;
  descending: boolean;
  onSort: (field: TaskField, descending: boolean) => void;
  /** The task that is selected, '' for none. */
  selected: string;
  onSelect: (id: string) => void;
  onOpen: (id: string) => void;
}

const ROW_PX = 28;
/** A card: name and state, times, place. */
const CARD_PX = 72;

/** A row a task: what is known of it changes where it stands. */
export function TaskTable(props: Props) {
  const { rows, at, insight, busy, field, descending, onSort, selected, onSelect, onOpen } = props;
  const narrow = useNarrow();
  const unknown = whyUnknown(insight);
  // Arrow keys go on from where the selection stands now, whatever came or left above it.
  const active = selected === '' ? -1 : rows.findIndex(({ id }) => id === selected);
  const [, setRange] = useState([0, 0]);
  const onAction = (action: string) => {
    const by = { 'sort-next': 1, 'sort-previous': -1 }[action];
    if (by === undefined) return onSort(field, !descending);
    const place = TASK_COLUMNS.findIndex((column) => column.field === field);
    onSort(TASK_COLUMNS[(place + by + TASK_COLUMNS.length) % TASK_COLUMNS.length].field, descending);
  };
  return (
    <VirtualList
      label="Tasks"
      count={rows.length}
      columns={TASK_COLUMNS.length}
      busy={busy}
      rowPx={narrow ? CARD_PX : ROW_PX}
      active={active}
      onRange={(from, to) => setRange([from, to])}
      onActive={(index) => rows[index] && onSelect(rows[index].id)}
      onOpen={() => selected !== '' && onOpen(selected)}
      onAction={onAction}
      head={
        <div class="vhead tasks" role="row">
          {TASK_COLUMNS.map((column) => (
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
        const row = rows[index];
        if (!row) return null;
        const now = grown(row, at);
        const classes = ['tasks', row.id === selected && 'selected', row.state === 'done' && 'finished'].filter(Boolean);
        return (
          <div
            id={`vrow-${index}`}
            class={classes.join(' ')}
            role="row"
            aria-rowindex={index + 2}
            aria-selected={row.id === selected}
            onClick={() => onSelect(row.id)}
            onDblClick={() => onOpen(row.id)}
          >
            {TASK_COLUMNS.map((column) => (
              <span key={column.field} role="gridcell" class={column.of} data-label={column.title}>
                {column.field === 'id' ? (
                  <a href={href(`/tasks/${row.id}`, sharedQuery())} tabIndex={-1}>
                    {row.id}
                  </a>
                ) : (
                  column.cell(now, unknown)
                )}
              </span>
            ))}
          </div>
        );
      }}
    />
  );
}

/** Fields of which one looks for the greatest first. */
const FROM_MOST: readonly TaskField[] = ['lints', 'total', 'busy', 'scheduled', 'idle', 'polls', 'p99'];
