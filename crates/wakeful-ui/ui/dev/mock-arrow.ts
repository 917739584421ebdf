import { tableFromColumns, tableToIPC } from '@uwdata/flechette';

/** Columns as an Arrow stream, with facts in its schema's metadata. */
export function encodeArrow(columns: Parameters<typeof tableFromColumns>[0], facts: Record<string, string>): Uint8Array {
  const table = tableFromColumns(columns);
  const schema = table.schema as { metadata: Map<string, string> | null };
  schema.metadata = new Map(Object.entries(facts));
  const bytes = tableToIPC(table, { format: 'stream' });
  if (!bytes) throw new Error('the answer could not be encoded');
  return bytes;
}
