/** Tokio-console's five lints and ours, by their bit in a mask. */
export const LINTS = [
  'self-wakes',
  'lost-waker',
  'never-yielded',
  'auto-boxed-future',
  'large-future',
  'long-poll',
  'long-wait',
  'contention',
  'task-leak',
  'deadlock',
] as const;

/** A lint that fired: for what, since when, and what to do. */
export interface Lint {
  name: string;
  message: string;
  sinceUnixNanos: string;
  remedy: string;
}

export function lintNames(mask: number): string[] {
  return LINTS.filter((_, bit) => mask & (1 << bit));
}

export function lintMask(names: readonly string[]): number {
  return LINTS.reduce((mask, name, bit) => (names.includes(name) ? mask | (1 << bit) : mask), 0);
}
