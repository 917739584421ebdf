const SHADES = 6;

/** Which of six shades a count has, by its logarithm: one is the palest, the most is the darkest. */
export function shadeOf(count: number, most: number): number {
  if (most <= 1) return SHADES;
  return Math.min(SHADES, 1 + Math.floor((Math.log(count) / Math.log(most)) * (SHADES - 1) + 1e-9));
}
