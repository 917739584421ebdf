import type { Series } from '../../data/runtime/series.ts';
import { plural } from '../../engine/format.ts';
import { CLASSES } from '../tasks/poll-classes.ts';
import { shadeOf } from './shades.ts';

const CELL = 10;

/** Polls by time and duration: the darker, the more. Only those that are stored whole are here. */
export function PollHeat({ series }: { series: Series }) {
  const { counts } = series.pollHeat;
  const most = Math.max(0, ...counts.flat());
  if (most === 0) return null;
  const rows = CLASSES.length;
  const totals = CLASSES.map((_, row) => counts.reduce((sum, column) => sum + (column[row] ?? 0), 0));
  const said = CLASSES.flatMap((name, row) => (totals[row] > 0 ? [`${plural(totals[row], 'poll')} ${name}`] : [])).join(', ');
  return (
    <section class="heat" aria-label="Poll times">
      <h2>
        Poll times <small class="hint">polls that are stored whole; the darkest cell has {plural(most, 'poll')}</small>
      </h2>
      <div class="grid">
        <ol aria-hidden="true">
          {[...CLASSES].reverse().map((name) => (
            <li key={name}>{name}</li>
          ))}
        </ol>
        <svg viewBox={`0 0 ${counts.length * CELL} ${rows * CELL}`} preserveAspectRatio="none" role="img" aria-label={said}>
          {counts.flatMap((column, x) =>
            column.map((count, row) =>
              count > 0 ? (
                <rect key={`${x} ${row}`} class={`heat-${shadeOf(count, most)}`} x={x * CELL} y={(rows - 1 - row) * CELL} width={CELL} height={CELL}>
                  <title>
                    {plural(count, 'poll')} {CLASSES[row]}
                  </title>
                </rect>
              ) : null,
            ),
          )}
        </svg>
      </div>
    </section>
  );
}
