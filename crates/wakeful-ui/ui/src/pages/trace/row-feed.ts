import { isAbort } from '../../data/api.ts';
import { traceOf, type TraceRef } from '../../data/trace.ts';
import type { Picture } from '../../engine/protocol.ts';
import type { TraceModel } from './model.ts';

/** Rows are asked for in blocks of this length, so that scrolling asks seldom. */
const BLOCK = 1_024;

type Bytes = Uint8Array<ArrayBuffer>;

/** What is read: the rows that have it say so by a flag. */
export interface Feed {
  flag: number;
  fetch(trace: TraceRef, rows: [number, number], signal: AbortSignal): Promise<Bytes>;
  /** The answer, and the rows that were asked for, `[from, to)`. */
  found(rows: [number, number], bytes: Bytes): void;
}

/** Reads what is drawn beside the bars of rows, such as active intervals, when they come on screen, each once. */
export class RowFeed {
  private readonly asked = new Set<number>();

  constructor(
    private readonly model: TraceModel,
    private readonly feed: Feed,
  ) {}

  /** Rows have other numbers now. */
  forget(): void {
    this.asked.clear();
  }

  want({ rows, layout }: Picture): void {
    // A packed lane's bars are one-coloured: they need nothing beside.
    if (layout === 'packed' || this.model.state.peek() === 'loading') return;
    for (const { row, flags } of rows) {
      const block = Math.floor(row / BLOCK);
      if ((flags & this.feed.flag) === 0 || this.asked.has(block)) continue;
      this.asked.add(block);
      void this.read(block);
    }
  }

  private async read(block: number): Promise<void> {
    const rows: [number, number] = [block * BLOCK, Math.min((block + 1) * BLOCK, this.model.rows.peek())];
    const { generation } = this.model;
    const before = generation.peek();
    try {
      const bytes = await this.feed.fetch(traceOf(this.model), rows, this.model.closing.signal);
      if (generation.peek() === before) this.feed.found(rows, bytes);
    } catch (error) {
      // The bars stay plain; they are asked for again when they are next on screen.
      if (!isAbort(error)) this.asked.delete(block);
    }
  }
}
