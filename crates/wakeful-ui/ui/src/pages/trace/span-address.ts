import { fetchIds, fetchRows, traceOf } from '../../data/trace.ts';
import type { Fold } from '../../engine/protocol.ts';
import { note, params } from '../../shell/router.ts';
import { foldsIn, rowOfFold, withFold } from './folds.ts';
import type { TraceModel } from './model.ts';

/** Old links had the number of a row. */
const ROW = /^\d{1,9}$/;
const SPAN_ID = /^[0-9a-f]{16}$/;

/**
 * The selected span and what is folded, in the address: by span ids, because a trace that grows numbers its rows anew. The server
 * knows the ids; what it was asked once is remembered until the rows have changed.
 */
export class SpanAddress {
  private readonly idOfRow = new Map<number, string>();
  private readonly rowOfId = new Map<string, number>();
  /** Folds that the address has not yet, in order. */
  private folded: Fold[] = [];
  private writing = false;
  private wanted = false;
  /** Grows when rows get other numbers. */
  private numbering = 0;

  constructor(private readonly model: TraceModel) {}

  /** Rows have other numbers now; what the address says holds. */
  forget(): void {
    this.idOfRow.clear();
    this.rowOfId.clear();
    this.folded = [];
    this.numbering++;
  }

  /** Writes the selection of the model, and what is folded, when the ids are known. */
  write(fold?: Fold): void {
    if (fold) this.folded.push(fold);
    if (this.model.selected.peek() < 0) note((query) => query.delete('sel'));
    this.wanted = true;
    if (!this.writing && this.model.facts.peek()) void this.writeOn();
  }

  /** The span id of a row. */
  async idOf(row: number): Promise<string> {
    await this.learn([row]);
    return this.idOfRow.get(row) ?? '';
  }

  /** The row that the address selects, or -1. */
  async selected(): Promise<number> {
    const text = params.peek().get('sel') ?? '';
    return ROW.test(text) ? Number(text) : ((await this.rowsOf([text])).get(text) ?? -1);
  }

  /** What the address folds, in order; of spans that are not there, nothing. */
  async folds(): Promise<Fold[]> {
    const text = params.peek().get('open') ?? '';
    const names = text.split('.').map((fold) => fold.slice(1));
    const rows = await this.rowsOf(names);
    return foldsIn(text, (name) => (ROW.test(name) ? Number(name) : rows.get(name)));
  }

  private async writeOn(): Promise<void> {
    this.writing = true;
    while (this.wanted) {
      this.wanted = false;
      const folds = [...this.folded];
      const row = this.model.selected.peek();
      const { numbering } = this;
      const rows = [row, ...folds.map(rowOfFold)].filter((at) => at >= 0);
      try {
        await this.learn(rows);
      } catch {
        // The address stays as it was; the next change tries again.
        break;
      }
      if (this.numbering !== numbering) {
        this.wanted = true;
        continue;
      }
      this.folded = this.folded.slice(folds.length);
      const id = (at: number) => this.idOfRow.get(at) ?? '';
      if (row >= 0 && row === this.model.selected.peek()) note((query) => query.set('sel', id(row)));
      if (folds.length === 0) continue;
      note((query) => query.set('open', folds.reduce((text, fold) => withFold(text, fold, id), query.get('open') ?? '')));
    }
    this.writing = false;
  }

  private async learn(rows: readonly number[]): Promise<void> {
    const unknown = [...new Set(rows)].filter((row) => !this.idOfRow.has(row));
    if (unknown.length === 0) return;
    const ids = await fetchIds(traceOf(this.model), unknown, this.model.closing.signal);
    unknown.forEach((row, at) => this.idOfRow.set(row, ids[at]));
  }

  private async rowsOf(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const unknown = [...new Set(names)].filter((name) => SPAN_ID.test(name) && !this.rowOfId.has(name));
    if (unknown.length > 0) {
      const rows = await fetchRows(traceOf(this.model), unknown, this.model.closing.signal);
      unknown.forEach((id, at) => {
        const row = rows[at];
        if (row === null) return;
        this.rowOfId.set(id, row);
        this.idOfRow.set(row, id);
      });
    }
    return this.rowOfId;
  }
}
