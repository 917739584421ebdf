import { tableFromIPC } from '@uwdata/flechette';
import { taskIdText } from './runtime/task-id.ts';

/** An Arrow answer of the server: its columns by name, and what its metadata says. */
export class ArrowAnswer {
  readonly rows: number;
  private readonly table: ReturnType<typeof tableFromIPC>;

  constructor(bytes: Uint8Array) {
    // Ids are whole numbers of 64 bits: as Number they would lose digits.
    this.table = tableFromIPC(bytes, { useBigInt: true });
    this.rows = this.table.numRows;
  }

  /** '' if the answer does not say it. */
  fact(name: string): string {
    return this.table.schema.metadata?.get(name) ?? '';
  }

  /** A fact that is JSON. */
  json<T>(name: string, otherwise: T): T {
    const text = this.fact(name);
    return text === '' ? otherwise : (JSON.parse(text) as T);
  }

  /** A column of numbers; what is not known is NaN. */
  numbers(name: string): Float64Array {
    const values = this.column(name);
    return values instanceof Float64Array ? values : Float64Array.from(values as ArrayLike<number | null>, (value) => Number(value ?? Number.NaN));
  }

  /** A column of whole numbers below 2^32. */
  counts(name: string): Uint32Array {
    return Uint32Array.from(this.column(name) as ArrayLike<number | null>, (value) => Number(value ?? 0));
  }

  /** A column of ids, as text; '' for 0, which means none. */
  ids(name: string): string[] {
    return Array.from(this.column(name) as ArrayLike<bigint | number | null>, (value) => (value ? String(value) : ''));
  }

  /** A column of tasks' numbers, as they are shown; '' for none. */
  taskIds(name: string): string[] {
    return Array.from(this.column(name) as ArrayLike<bigint | number | null>, (value) => taskIdText(BigInt(value ?? 0)));
  }

  texts(name: string): string[] {
    return Array.from(this.column(name) as ArrayLike<string | null>, (value) => value ?? '');
  }

  private column(name: string): ArrayLike<unknown> {
    const column = this.table.getChild(name);
    if (!column) throw new Error(`the answer has no column "${name}"`);
    return column.toArray() as ArrayLike<unknown>;
  }
}
