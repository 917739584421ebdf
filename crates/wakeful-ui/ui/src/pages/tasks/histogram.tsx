import type { Histogram } from '../../data/runtime/task.ts';
import { formatCount, formatDuration, formatExact, plural } from '../../engine/format.ts';
import { NotKnown } from './columns.tsx';

const HEIGHT = 60;
const QUANTILES = ['p10', 'p50', 'p90', 'p99', 'max'] as const;

interface Props {
  title: string;
  histogram: Histogram | null;
  why: string;
}

/** Counts by duration, the buckets as the program kept them, and the quantiles. */
export function HistogramView({ title, histogram, why }: Props) {
  if (!histogram || histogram.counts.length === 0) {
    return (
      <section>
        <h3>{title}</h3>
        <p>
          <NotKnown why={why} /> <span class="hint">{why}</span>
        </p>
      </section>
    );
  }
  const { bounds, counts, max } = histogram;
  const most = Math.max(1, ...counts);
  const step = 100 / counts.length;
  const upTo = (bucket: number) => formatDuration(bounds[bucket] ?? max);
  return (
    <section>
      <h3>
        {title} <small class="hint">{plural(counts.reduce((sum, count) => sum + count, 0), 'time')}</small>
      </h3>
      <svg class="histogram" viewBox={`0 0 100 ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`${title}: ${QUANTILES.map((q) => `${q} ${formatDuration(histogram[q])}`).join(', ')}`}>
        {counts.map((count, i) => {
          // A single outlier is what one looks for: the root keeps it in sight.
          const height = count === 0 ? 0 : Math.max(2, Math.sqrt(count / most) * HEIGHT);
          return (
            <rect key={i} x={i * step} y={HEIGHT - height} width={step * 0.9} height={height}>
              <title>
                {formatCount(count)} up to {upTo(i)}
              </title>
            </rect>
          );
        })}
      </svg>
      <div class="edges hint">
        <span>{upTo(0)}</span>
        <span>{formatDuration(max)}</span>
      </div>
      <dl class="quantiles">
        {QUANTILES.map((q) => (
          <div key={q}>
            <dt>{q}</dt>
            <dd title={formatExact(histogram[q])}>{formatDuration(histogram[q])}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
