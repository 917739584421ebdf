import { signal } from '@preact/signals';
import { isAbort, messageOf } from '../../data/api.ts';
import { fetchCritical, traceOf } from '../../data/trace.ts';
import type { TraceModel } from './model.ts';

/** The critical path, asked for when it is first shown and again when the rows have changed. */
export class CriticalPath {
  /** How long it is, and how many spans it leads through; null until that is known. */
  readonly sum = signal<{ nanos: number; spans: number } | null>(null);
  readonly failed = signal('');
  private asked = 0;

  constructor(
    private readonly model: TraceModel,
    private readonly found: (bytes: Uint8Array<ArrayBuffer>) => void,
  ) {}

  /** Reads it, if it is shown and not here yet. */
  want(): void {
    const generation = this.model.generation.peek();
    if (!this.model.look.peek().critical || generation === 0 || generation === this.asked) return;
    this.asked = generation;
    void this.read(generation);
  }

  private async read(generation: number): Promise<void> {
    this.failed.value = '';
    try {
      const bytes = await fetchCritical(traceOf(this.model), this.model.closing.signal);
      if (this.model.generation.peek() === generation) this.found(bytes);
    } catch (error) {
      if (isAbort(error)) return;
      this.asked = 0;
      this.failed.value = messageOf(error);
    }
  }
}
