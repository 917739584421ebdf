/** The classes of poll times; those from 10 ms on are long. */
export const CLASSES = ['< 1 µs', '< 10 µs', '< 100 µs', '< 1 ms', '< 10 ms', '< 100 ms', '< 1 s', '≥ 1 s'] as const;

/** So many polls fill a bar's height: one scale for all rows, by powers of ten. */
const FULL = 1e6;

/** How high the bars are, of 1, by the logarithm of their counts. */
export function barHeights(counts: readonly number[]): number[] {
  return CLASSES.map((_, i) => {
    const count = counts[i] ?? 0;
    return count <= 0 ? 0 : Math.min(1, (Math.log10(count) + 1) / (Math.log10(FULL) + 1));
  });
}
