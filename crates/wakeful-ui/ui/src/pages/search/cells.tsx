import { formatClock, formatDay, millisOf } from '../../data/time.ts';
import { formatCount, formatDuration, plural } from '../../engine/format.ts';
import { boxInWords, narrow } from './box.tsx';
import type { Heat } from './heat-decode.ts';
import { boxText, coarse, columnStart, rowStart } from './plot.ts';

const TIMES = 12;
const DURATIONS = 5;

/** The plot as a table: how many traces began in each span of time and lasted so long. A cell narrows the search to itself. */
export function Cells({ heat }: { heat: Heat }) {
  const table = coarse(heat, TIMES, DURATIONS);
  const days = new Set([heat.start, heat.end].map((nanos) => formatDay(new Date(millisOf(nanos)))));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Matches by time and duration">
      <table class="cells">
        <thead>
          <tr>
            <th scope="col">Start</th>
            {table[0].map(({ box }) => (
              <th scope="col" key={box.y0}>
                {formatDuration(rowStart(heat, box.y0))}–{formatDuration(rowStart(heat, box.y1 + 1))}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table
            .filter((line) => line.some(({ count }) => count > 0))
            .map((line) => {
              const at = new Date(millisOf(columnStart(heat, line[0].box.x0)));
              return (
                <tr key={line[0].box.x0}>
                  <th scope="row">{days.size > 1 ? `${formatDay(at)} ${formatClock(at)}` : formatClock(at)}</th>
                  {line.map(({ box, count, errors }) => (
                    <td key={box.y0}>
                      {count === 0 ? (
                        <span class="hint">0</span>
                      ) : (
                        <button
                          type="button"
                          class="small"
                          aria-label={`Narrow search to ${plural(count, 'trace')}${errors > 0 ? `, ${errors} with errors` : ''}: ${boxInWords(heat, box)}`}
                          onClick={() => narrow(boxText(heat, box))}
                        >
                          {formatCount(count)}
                          {errors > 0 && <span class="errors"> ! {formatCount(errors)}</span>}
                        </button>
                      )}
                    </td>
                  ))}
                </tr>
              );
            })}
        </tbody>
      </table>
    </div>
  );
}
