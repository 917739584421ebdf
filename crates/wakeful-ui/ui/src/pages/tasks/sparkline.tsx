import { plural } from '../../engine/format.ts';
import { barHeights, CLASSES } from './poll-classes.ts';

const STEP = 6;
const HEIGHT = 16;

/** Polls by duration, one bar a class: the same classes and the same scale in every row. */
export function PollSparkline({ counts }: { counts: readonly number[] }) {
  const said = CLASSES.flatMap((name, i) => (counts[i] > 0 ? [`${plural(counts[i], 'poll')} ${name}`] : [])).join(', ');
  return (
    <svg class="sparkline" viewBox={`0 0 ${STEP * CLASSES.length} ${HEIGHT}`} width={STEP * CLASSES.length} height={HEIGHT} role="img" aria-label={said}>
      <title>{said}</title>
      <path class="rule" d={`M0 ${HEIGHT - 0.5}h${STEP * CLASSES.length}`} />
      {barHeights(counts).map((share, i) => {
        const height = Math.max(share * HEIGHT, share > 0 ? 2 : 0);
        return <rect key={i} class={i >= 5 ? 'long' : undefined} x={i * STEP} y={HEIGHT - height} width={STEP - 1} height={height} />;
      })}
    </svg>
  );
}
