import { fetchIntervals, traceOf } from '../../data/trace.ts';
import { isAbort } from '../../data/api.ts';
import { INTERVALS } from '../../engine/flags.ts';
import type { Picture } from '../../engine/protocol.ts';
import type { TraceModel } from './model.ts';

/** Rows are asked for in blocks of this length, so that scrolling asks seldom. */
const BLOCK = 1_024;

/** Reads the active intervals of rows when they come on screen, each once. */
export class IntervalsFeed {
  private readonly asked = new Set<number>();

  constructor(
    private readonly model: TraceModel,
    private readonly found: (rows: [number, number], bytes: Uint8Array<ArrayBuffer>) => void,
  ) {}

  /** Rows have other numbers now. */
  forget(): void {
    this.asked.clear();
  }

  want({ rows, layout }: Picture): void {
    // A packed lane's bars are one-coloured: they need none.
    if (layout === 'packed' || this.model.state.peek() === 'loading') return;
    for (const { row, flags } of rows) {
      const block = Math.floor(row / BLOCK);
      if ((flags & INTERVALS) === 0 || this.asked.has(block)) continue;
      this.asked.add(block);
      void this.read(block);
    }
  }

  private async read(block: number): Promise<void> {
    const rows: [number, number] = [block * BLOCK, Math.min((block + 1) * BLOCK, this.model.rows.peek())];
    const { generation } = this.model;
    const before = generation.peek();
    try {
      const bytes = await fetchIntervals(traceOf(this.model), rows, this.model.closing.signal);
      if (generation.peek() === before) this.found(rows, bytes);
    } catch (error) {
      // The bars stay pale; they are asked for again when they are next on screen.
      if (!isAbort(error)) this.asked.delete(block);
    }
  }
}
