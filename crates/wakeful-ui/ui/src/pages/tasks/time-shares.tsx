import type { TaskDetails } from '../../data/runtime/task.ts';
import { formatDuration, formatExact } from '../../engine/format.ts';
import { NotKnown } from './columns.tsx';

const PARTS = ['busy', 'scheduled', 'idle'] as const;

/** How the task's life divides into polls, waiting for a worker, and waiting for a wake. */
export function TimeShares({ task, why }: { task: Pick<TaskDetails, 'total' | (typeof PARTS)[number]>; why: string }) {
  const total = task.total ?? 0;
  return (
    <dl class="shares">
      <div>
        <dt>Total</dt>
        <dd title={task.total === null ? undefined : formatExact(task.total)}>{task.total === null ? <NotKnown why={why} /> : formatDuration(total)}</dd>
      </div>
      {PARTS.map((part) => {
        const nanos = task[part];
        const share = nanos === null || total <= 0 ? 0 : Math.min(1, nanos / total);
        return (
          <div key={part} class={part}>
            <dt>{part}</dt>
            <dd>
              {nanos === null ? (
                <NotKnown why={why} />
              ) : (
                <>
                  <span title={formatExact(nanos)}>{formatDuration(nanos)}</span> <span class="hint">{percent(share)}</span>
                  <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                    <rect class="all" width="100" height="6" />
                    <rect class="part" width={Math.max(share * 100, share > 0 ? 0.5 : 0)} height="6" />
                  </svg>
                </>
              )}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

/** `41 %`, `0.32 %`: two digits at least, so that a little is not nothing. */
export function percent(share: number): string {
  const hundredths = share * 100;
  if (hundredths === 0 || hundredths >= 9.95) return `${hundredths.toFixed(0)} %`;
  return `${Number(hundredths.toPrecision(2))} %`;
}
