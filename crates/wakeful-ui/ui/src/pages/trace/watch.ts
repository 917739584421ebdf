import { signal } from '@preact/signals';
import { ApiError, isAbort } from '../../data/api.ts';
import { traceOf, watchTrace } from '../../data/trace.ts';
import type { TraceModel } from './model.ts';

/** A tab that nobody looks at gives its connection up after this time. */
const HIDDEN_MS = 30_000;
const RETRY_MS = 4_000;

/** Waits for spans that arrive after the trace was read. They are shown when the user asks for them, or at once while he follows. */
export class Watch {
  /** Spans that have arrived since; 0 if the rows on screen are all. */
  readonly fresh = signal(0);
  readonly follow = signal(false);
  /** When the connection was lost (Unix ms); 0 while there is one. */
  readonly lostAt = signal(0);

  private abort = new AbortController();
  private rev = '';
  private hiddenTimer = 0;

  constructor(private readonly model: TraceModel) {
    document.addEventListener('visibilitychange', this.onVisibility);
  }

  /** Begins to wait for what comes after `rev`. */
  start(rev: string): void {
    this.rev = rev;
    this.fresh.value = 0;
    this.restart();
  }

  setFollow(on: boolean): void {
    this.follow.value = on;
    if (on && this.fresh.peek() > 0) this.model.reload();
  }

  close(): void {
    this.abort.abort();
    window.clearTimeout(this.hiddenTimer);
    document.removeEventListener('visibilitychange', this.onVisibility);
  }

  private readonly onVisibility = () => {
    window.clearTimeout(this.hiddenTimer);
    if (document.hidden) this.hiddenTimer = window.setTimeout(() => this.abort.abort(), HIDDEN_MS);
    else if (this.abort.signal.aborted && this.rev) this.restart();
  };

  private restart(): void {
    this.abort.abort();
    this.abort = new AbortController();
    void this.read(this.abort.signal);
  }

  /** Reads until the page goes; a connection that is lost is taken up again. */
  private async read(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const line of watchTrace({ ...traceOf(this.model), rev: this.rev }, signal)) {
          this.lostAt.value = 0;
          if (line.type !== 'trace' || line.rev === this.rev) continue;
          this.fresh.value = Math.max(0, line.spans - (this.model.facts.peek()?.spans ?? 0));
          if (this.follow.peek()) this.model.reload();
        }
      } catch (error) {
        // A trace that is gone has no news.
        if (isAbort(error) || (error instanceof ApiError && error.status === 404)) return;
      }
      if (signal.aborted) return;
      if (this.lostAt.peek() === 0) this.lostAt.value = Date.now();
      await new Promise((resolve) => window.setTimeout(resolve, RETRY_MS));
    }
  }
}
