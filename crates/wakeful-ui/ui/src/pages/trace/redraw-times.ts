import { signal } from '@preact/signals';

const KEPT = 200;

/** How long the last redraws took in the engine. */
export class RedrawTimes {
  /** Milliseconds; 19 of 20 redraws were faster. */
  readonly p95 = signal(0);
  private readonly times: number[] = [];

  add(millis: number): void {
    this.times.push(millis);
    if (this.times.length > KEPT) this.times.shift();
    const sorted = [...this.times].sort((a, b) => a - b);
    this.p95.value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))];
  }
}

/** Leaves a mark for whoever measures the page, the first time that it is told. */
export function markOnce(name: string): void {
  if (performance.getEntriesByName(name).length === 0) performance.mark(name);
}
