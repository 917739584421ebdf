import { formatDay, formatClock, millisOf } from '../../data/time.ts';
import { formatDuration, plural } from '../../engine/format.ts';
import { go, params } from '../../shell/router.ts';
import type { Heat } from './heat-decode.ts';
import { type Box, boxText, columnStart, countIn, rowStart } from './plot.ts';

/** Sets or takes away the box of the search. */
export function narrow(box: string | null): void {
  const query = new URLSearchParams(params.peek());
  query.delete('shown');
  if (box === null) query.delete('box');
  else query.set('box', box);
  go('/search', query);
}

/** What was marked in the plot, and what can be done with it. */
export function Marked({ heat, box, onClear }: { heat: Heat; box: Box; onClear: () => void }) {
  const { count, errors } = countIn(heat, box);
  return (
    <p class="marked" role="status">
      <span>
        <strong>{plural(count, 'trace')}</strong>
        {errors > 0 && <span class="errors">, {errors} with errors</span>} · {boxInWords(heat, box)}:
      </span>{' '}
      <button type="button" disabled={count === 0} onClick={() => narrow(boxText(heat, box))}>
        Narrow search
      </button>{' '}
      <button type="button" onClick={onClear}>
        Clear
      </button>
    </p>
  );
}

/** The box that the search is narrowed to. */
export function Narrowed() {
  const box = params.value.get('box')?.split(',');
  if (box?.length !== 4 || box.some((part) => !/^\d+$/.test(part))) return null;
  return (
    <p class="marked">
      <span>
        Narrowed to {timesInWords(BigInt(box[0]), BigInt(box[1]))}, {formatDuration(Number(box[2]))}–
        {formatDuration(Number(box[3]))}
      </span>{' '}
      <button type="button" onClick={() => narrow(null)}>
        Clear
      </button>
    </p>
  );
}

/** `11:20:00–11:30:00, 10.0 ms–100 ms`. */
export function boxInWords(heat: Heat, { x0, x1, y0, y1 }: Box): string {
  const durations = [rowStart(heat, y0), rowStart(heat, y1 + 1)].map(formatDuration);
  return `${timesInWords(columnStart(heat, x0), columnStart(heat, x1 + 1))}, ${[...new Set(durations)].join('–')}`;
}

function timesInWords(from: bigint, to: bigint): string {
  const [first, last] = [from, to].map((nanos) => new Date(millisOf(nanos)));
  const day = (date: Date) => (formatDay(first) === formatDay(last) ? '' : `${formatDay(date)} `);
  return `${day(first)}${formatClock(first)}–${day(last)}${formatClock(last)}`;
}
