import { signal } from '@preact/signals';
import { note, params } from '../../shell/router.ts';
import { type Mark, marksIn, textOfMarks, withMark } from './marks.ts';
import type { TraceModel } from './model.ts';

/** The times that the user marked, as the address has them. */
export class MarkedTimes {
  readonly all = signal<readonly Mark[]>(inAddress());

  constructor(private readonly model: TraceModel) {}

  /** Marks the dragged time, else that of the selected span; once more takes the mark away. */
  toggle(keep: boolean): void {
    const { range, selected, selectedSpan } = this.model;
    const { start, dur } = selectedSpan;
    const time = range.peek() ?? (selected.peek() < 0 ? null : { from: start, to: start + dur });
    if (!time) return;
    this.all.value = withMark(this.all.peek(), time.from, time.to, keep);
    const text = textOfMarks(this.all.peek());
    note((query) => (text ? query.set('mark', text) : query.delete('mark')));
  }

  readAddress(): void {
    this.all.value = inAddress();
  }
}

function inAddress(): readonly Mark[] {
  return marksIn(params.peek().get('mark') ?? '');
}
