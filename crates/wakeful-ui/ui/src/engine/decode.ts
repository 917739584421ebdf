import { type Column, type Table, tableFromIPC } from '@uwdata/flechette';
import type { Columns } from './columns.ts';
import { type Facts, factsOf } from './facts.ts';
import { DICTIONARY, MessageCutter, messageKind, RECORDS, SCHEMA } from './ipc.ts';

/** Appends an Arrow IPC stream of spans to columns, batch by batch, as its bytes arrive. */
export class StreamDecoder {
  facts: Facts | null = null;
  private readonly cutter = new MessageCutter();
  private readonly dictionaries: Uint8Array[] = [];
  private readonly names: StringTable;
  private readonly services: StringTable;
  private schema: Uint8Array = new Uint8Array(0);

  constructor(private readonly columns: Columns) {
    this.names = new StringTable(columns.names);
    this.services = new StringTable(columns.services);
  }

  /** Returns whether rows were added. */
  push(bytes: Uint8Array): boolean {
    const before = this.columns.count;
    for (const message of this.cutter.push(bytes)) {
      switch (messageKind(message)) {
        case SCHEMA:
          this.schema = message;
          this.facts = factsOf(tableFromIPC([message]).schema.metadata ?? new Map());
          break;
        case DICTIONARY:
          this.dictionaries.push(message);
          this.names.stale = true;
          this.services.stale = true;
          break;
        case RECORDS:
          this.append(tableFromIPC([this.schema, ...this.dictionaries, message]));
          break;
      }
    }
    return this.columns.count > before;
  }

  private append(table: Table): void {
    const name = column(table, 'name');
    const service = column(table, 'service');
    this.columns.append({
      count: table.numRows,
      start: numbers(table, 'start', Float64Array),
      dur: numbers(table, 'dur', Float64Array),
      parent: numbers(table, 'parent', Uint32Array),
      flags: numbers(table, 'flags', Uint32Array),
      name: this.names.translate(name, new Uint32Array(table.numRows)),
      service: this.services.translate(service, new Uint16Array(table.numRows)),
    });
  }
}

/** The text of a dictionary column under one numbering for the whole stream, whatever the stream's dictionaries do. */
class StringTable {
  stale = true;
  private readonly codes = new Map<string, number>();
  private translation = new Uint32Array(0);

  constructor(private readonly strings: string[]) {}

  translate<T extends Uint32Array | Uint16Array>(column: Column<string>, out: T): T {
    const batch = column.data[0] as unknown as { values: ArrayLike<number>; cache: ArrayLike<string> };
    if (this.stale) {
      this.translation = Uint32Array.from(batch.cache, (text) => this.code(text));
      this.stale = false;
    }
    for (let row = 0; row < out.length; row++) out[row] = this.translation[batch.values[row]];
    return out;
  }

  private code(text: string): number {
    let code = this.codes.get(text);
    if (code === undefined) {
      code = this.strings.push(text) - 1;
      this.codes.set(text, code);
    }
    return code;
  }
}

function column(table: Table, name: string): Column<string> {
  const found = table.getChild(name);
  if (!found) throw new Error(`the answer has no column "${name}"`);
  return found as Column<string>;
}

function numbers<T extends Float64Array | Uint32Array>(
  table: Table,
  name: string,
  type: new (length: number) => T,
): T {
  const values = (column(table, name).data[0] as unknown as { values: unknown }).values;
  if (!(values instanceof type)) throw new Error(`column "${name}" is not of the agreed type`);
  return values.subarray(0, table.numRows) as T;
}
