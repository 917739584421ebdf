import type { View } from '../../engine/view.ts';

type Window = Pick<View, 't0' | 'nsPerPx'>;

/** A window that was left so short a time ago is only a step on the way to the next. */
const PAUSE_MS = 500;
const KEPT = 100;

/** The windows of time that the user looked at: `z` goes back, `Shift+Z` forward again. */
export class ViewHistory {
  private readonly past: Window[] = [];
  private future: Window[] = [];
  private changed = Number.NEGATIVE_INFINITY;

  /** The window changes; `now` is in milliseconds. A wheel's many steps are one. */
  note(from: View, to: View, now: number): void {
    this.change(from, to, now, now - this.changed >= PAUSE_MS);
  }

  /** The same for a window that was drawn or asked for: a step of its own, however soon after the last. */
  step(from: View, to: View, now: number): void {
    this.change(from, to, now, true);
  }

  private change(from: View, to: View, now: number, step: boolean): void {
    if (from.t0 === to.t0 && from.nsPerPx === to.nsPerPx) return;
    if (step) {
      this.past.push({ t0: from.t0, nsPerPx: from.nsPerPx });
      if (this.past.length > KEPT) this.past.shift();
    }
    this.changed = now;
    this.future = [];
  }

  /** The window before, or undefined at the beginning. */
  back(current: View): View | undefined {
    return this.swap(current, this.past, this.future);
  }

  forward(current: View): View | undefined {
    return this.swap(current, this.future, this.past);
  }

  private swap(current: View, from: Window[], to: Window[]): View | undefined {
    const window = from.pop();
    if (!window) return undefined;
    to.push({ t0: current.t0, nsPerPx: current.nsPerPx });
    this.changed = Number.NEGATIVE_INFINITY;
    return { ...current, ...window };
  }
}
