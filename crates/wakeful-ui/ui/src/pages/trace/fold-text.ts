import { formatCount, formatDuration, plural } from '../../engine/format.ts';
import type { Look, RowInfo } from '../../engine/protocol.ts';

/** `214 of 1,421 rows`, and why the others are not there. */
export function rowsText(look: Look, visible: number, total: number): string {
  if (look.layout === 'packed') return `${plural(visible, 'lane')} of ${plural(total, 'row')}`;
  const hidden = look.hidden.length > 0 ? ` · ${plural(look.hidden.length, 'service')} hidden` : '';
  return `${formatCount(visible)} of ${plural(total, 'row')}${hidden}`;
}

/** What stands behind the name of a row that stands for others: `×214` for a run, `+12` for what is folded below. */
export function foldMark({ run, hidden }: Pick<RowInfo, 'run' | 'hidden'>): string {
  if (run) return `×${formatCount(run.count)}`;
  return hidden > 0 ? `+${formatCount(hidden)}` : '';
}

/** The same in words, with the durations of a run. */
export function foldTitle({ run, hidden }: Pick<RowInfo, 'run' | 'hidden'>): string {
  if (!run) return hidden > 0 ? `${plural(hidden, 'row')} folded` : '';
  const errors = run.errors > 0 ? `, ${plural(run.errors, 'error')}` : '';
  const times = `total ${formatDuration(run.total)}, p50 ${formatDuration(run.p50)}, p99 ${formatDuration(run.p99)}`;
  return `${formatCount(run.count)} equal siblings: ${times}${errors}`;
}
