import type { ComponentChildren } from 'preact';
import { ENDS, type TaskRow } from '../../data/runtime/tasks.ts';
import { formatCount, formatDuration, formatExact } from '../../engine/format.ts';
import { Hostile } from '../../widgets/hostile.tsx';
import { LintMark } from '../program/lint-mark.tsx';
import { PollSparkline } from './sparkline.tsx';
import { StateMark } from './state-mark.tsx';
import type { TaskField } from './live-rows.ts';

/** A column of the table. */
export interface TaskColumn {
  field: TaskField;
  title: string;
  /** What hovering its head says. */
  hint?: string;
  /** Class of the cell: how wide it is, and whether a narrow screen has it. */
  of: string;
  cell: (row: TaskRow, unknown: string) => ComponentChildren;
}

/** A duration; one that is not known says why. */
function duration(nanos: number, unknown: string): ComponentChildren {
  return Number.isNaN(nanos) ? <NotKnown why={unknown} /> : <span title={formatExact(nanos)}>{formatDuration(nanos)}</span>;
}

/** What is not known is never a zero. */
export function NotKnown({ why }: { why: string }) {
  return (
    <span class="hint" title={why}>
      n/a
    </span>
  );
}

/** Tokio-console's columns, and the poll times. */
export const TASK_COLUMNS: readonly TaskColumn[] = [
  {
    ...{ field: 'lints', title: 'Warn', of: 'warn', hint: 'Lints that fired for the task' },
    cell: ({ lints }) => <LintMark lints={lints} />,
  },
  { field: 'id', title: 'ID', of: 'id', cell: ({ id }) => id },
  {
    ...{ field: 'state', title: 'State', of: 'state' },
    cell: ({ state, ended }) => <StateMark state={state} ended={ENDS[ended] ?? ''} />,
  },
  {
    ...{ field: 'name', title: 'Name', of: 'name' },
    cell: ({ name }) => (name === '' ? <span class="hint">–</span> : <Hostile text={name} />),
  },
  { field: 'total', title: 'Total', of: 'number', hint: 'Since it was spawned', cell: ({ total }, why) => duration(total, why) },
  { field: 'busy', title: 'Busy', of: 'number', hint: 'In polls', cell: ({ busy }, why) => duration(busy, why) },
  { field: 'scheduled', title: 'Sched', of: 'number', hint: 'Woken, waiting for a worker', cell: ({ scheduled }, why) => duration(scheduled, why) },
  { field: 'idle', title: 'Idle', of: 'number', hint: 'Waiting for a wake', cell: ({ idle }, why) => duration(idle, why) },
  {
    ...{ field: 'polls', title: 'Polls', of: 'number' },
    cell: ({ polls }, why) => (Number.isNaN(polls) ? <NotKnown why={why} /> : formatCount(polls)),
  },
  {
    ...{ field: 'p99', title: 'Poll times', of: 'polls', hint: 'Polls by duration, from < 1 µs to > 1 s on one scale, and the 99th percentile' },
    cell: ({ pollTimes, p99 }, why) =>
      pollTimes.some((count) => count > 0) ? (
        <>
          <PollSparkline counts={pollTimes} />
          {Number.isNaN(p99) ? '' : <span title={formatExact(p99)}>{formatDuration(p99)}</span>}
        </>
      ) : (
        <NotKnown why={why} />
      ),
  },
  { field: 'kind', title: 'Kind', of: 'kind', cell: ({ kind }) => kind },
  {
    ...{ field: 'location', title: 'Location', of: 'location' },
    cell: ({ location }) => (
      <span title={location}>
        <Hostile text={shortLocation(location)} />
      </span>
    ),
  },
  {
    ...{ field: 'fields', title: 'Fields', of: 'fields' },
    cell: ({ fields }) => (
      <span title={fields}>
        <Hostile text={fields} />
      </span>
    ),
  },
];

/** The end of a path says most: `…/src/server.rs:90:5` for a file of a dependency, deep in the cargo registry. */
export function shortLocation(location: string): string {
  const parts = location.split('/');
  return parts.length <= 4 ? location : `…/${parts.slice(-3).join('/')}`;
}
