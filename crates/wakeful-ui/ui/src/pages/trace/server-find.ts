import { signal } from '@preact/signals';
import { ApiError, isAbort, messageOf } from '../../data/api.ts';
import { fetchMatches, traceOf } from '../../data/trace.ts';
import { isTraceql, words } from '../../engine/find.ts';
import type { TraceModel } from './model.ts';

/** Typing rests for so long before the server is asked: between letters of one burst. The question before is given up. */
const REST_MS = 50;

/** What of a query was not understood, and where: a column from 1, in characters. */
export interface Refusal {
  message: string;
  column: number;
}

/** Find's second half: attributes, events, resources, span ids and TraceQL, which only the server knows. */
export class ServerFind {
  readonly asking = signal(false);
  /** Why attributes were not looked through; empty if they were, or are being. */
  readonly failed = signal('');
  /** Null while what was asked for can be asked. */
  readonly refused = signal<Refusal | null>(null);
  private abort = new AbortController();

  constructor(
    private readonly model: TraceModel,
    private readonly receive: (query: string, bytes: Uint8Array<ArrayBuffer>) => void,
  ) {}

  /** Asks for a query in place of the one before; rows must be known for the answer to mean something. */
  ask(query: string): void {
    this.abort.abort();
    this.abort = new AbortController();
    this.failed.value = '';
    this.refused.value = null;
    const state = this.model.state.peek();
    this.asking.value = (isTraceql(query) || words(query).length > 0) && (state === 'complete' || state === 'partial');
    if (this.asking.peek()) void this.fetch(query, this.abort.signal);
  }

  close(): void {
    this.abort.abort();
  }

  private async fetch(query: string, signal: AbortSignal): Promise<void> {
    try {
      await new Promise((resolve) => window.setTimeout(resolve, REST_MS));
      signal.throwIfAborted();
      this.receive(query, await fetchMatches(traceOf(this.model), query, signal));
    } catch (error) {
      if (isAbort(error)) return;
      if (error instanceof ApiError && error.status === 409) this.model.outdated.value = true;
      if (error instanceof ApiError && error.parameter === 'q') this.refused.value = error;
      else this.failed.value = messageOf(error);
    }
    this.asking.value = false;
  }
}
