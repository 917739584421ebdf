const UNITS = [
  ['s', 1e9],
  ['ms', 1e6],
  ['µs', 1e3],
  ['ns', 1],
] as const;

/** A duration as one reads it: three significant digits, then minutes and seconds. */
export function formatDuration(nanos: number): string {
  if (nanos < 0) return `−${formatDuration(-nanos)}`;
  if (nanos >= 3_599.5e9) {
    const minutes = Math.round(nanos / 60e9);
    return `${formatCount(Math.floor(minutes / 60))} h ${two(minutes % 60)} min`;
  }
  if (nanos >= 59.95e9) {
    const seconds = Math.round(nanos / 1e9);
    return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  }
  for (const [unit, size] of UNITS) {
    // 999.6 µs is 1.00 ms, not 1000 µs.
    if (nanos >= size * 0.9995 && (unit !== 'ns' || nanos >= 1)) return `${significant(nanos / size, unit)} ${unit}`;
  }
  return nanos === 0 ? '0' : `${Number(nanos.toPrecision(2))} ns`;
}

function significant(value: number, unit: string): string {
  if (unit === 'ns' && Number.isInteger(value)) return String(value);
  if (value >= 99.95) return value.toFixed(0);
  return value.toFixed(value >= 9.995 ? 1 : 2);
}

/** The same duration, to the nanosecond. */
export function formatExact(nanos: number): string {
  return `${grouped(String(Math.round(nanos)))} ns`;
}

/** `1,204`; from a million on `1.20 M`. */
export function formatCount(count: number): string {
  if (count >= 999_995_000) return `${(count / 1e9).toFixed(2)} G`;
  return count >= 1e6 ? `${(count / 1e6).toFixed(2)} M` : grouped(String(count));
}

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_950) return `${(bytes / 1e3).toFixed(1)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** `1 span`, `1,204 spans`. */
export function plural(count: number, word: string): string {
  return `${formatCount(count)} ${word}${count === 1 ? '' : 's'}`;
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
