const UNITS: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3_600e9 };
const PART = /^(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/;

/** Nanoseconds, or null if it is no duration. Units may follow one another, as in `1m30s`. */
export function parseDuration(text: string): number | null {
  let sum = 0;
  let rest = text.trim();
  if (rest === '') return null;
  while (rest !== '') {
    const part = PART.exec(rest);
    if (!part) return null;
    sum += Number(part[1]) * UNITS[part[2]];
    rest = rest.slice(part[0].length);
  }
  return sum;
}

/** A duration as TraceQL and the form have it: in the largest unit that needs no fraction. */
export function writeDuration(nanos: number): string {
  const whole = Math.round(nanos);
  for (const [unit, size] of [['s', 1e9], ['ms', 1e6], ['us', 1e3]] as const) {
    if (whole % size === 0) return `${whole / size}${unit}`;
  }
  return `${whole}ns`;
}
