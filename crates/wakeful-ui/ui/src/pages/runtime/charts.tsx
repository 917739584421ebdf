import type { Series, Values } from '../../data/runtime/series.ts';
import { formatCount, formatDuration } from '../../engine/format.ts';
import { NotKnown } from '../tasks/columns.tsx';
import { percent } from '../tasks/time-shares.tsx';
import { lastKnown, linePath } from './line-path.ts';

interface Chart {
  title: string;
  values: Values;
  say: (value: number) => string;
}

/** What the runtime counted, one small chart each, with its newest value. */
export function Charts({ series, why }: { series: Series; why: string }) {
  const charts: Chart[] = [
    { title: 'Tasks alive', values: series.tasksAlive, say: formatCount },
    { title: 'Polls', values: series.polls, say: formatCount },
    { title: 'Longest poll', values: series.pollMax, say: formatDuration },
    { title: 'Global queue', values: series.globalQueue, say: formatCount },
    { title: 'Blocking', values: series.blockingThreads, say: formatCount },
    { title: 'Blocking queue', values: series.blockingQueue, say: formatCount },
    ...series.workers.map(({ index, busy }) => ({ title: `Worker ${index}`, values: busy, say: percent })),
  ];
  const reach = Math.max(1, Math.ceil(GAP_NANOS / series.stepNanos));
  return (
    <ul class="charts" aria-label="Figures of the runtime">
      {charts.map((chart) => (
        <LineChart key={chart.title} {...chart} reach={reach} why={why} />
      ))}
    </ul>
  );
}

/** Without a figure for so long, nothing is known of the time between. */
const GAP_NANOS = 3_000_000_000;
const WIDTH = 120;
const HEIGHT = 28;

function LineChart({ title, values, say, reach, why }: Chart & { reach: number; why: string }) {
  const last = lastKnown(values);
  const known = values.filter((value) => value !== null);
  const most = Math.max(0, ...known);
  return (
    <li>
      <span class="title">{title}</span>
      <strong>{last === null ? <NotKnown why={why} /> : say(last)}</strong>
      {last !== null && (
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`${title}: most ${say(most)}, now ${say(last)}`}>
          <title>most {say(most)}</title>
          <path d={linePath(values, WIDTH, HEIGHT, reach)} vector-effect="non-scaling-stroke" />
        </svg>
      )}
    </li>
  );
}
