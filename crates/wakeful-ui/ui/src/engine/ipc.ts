/**
 * Cuts an Arrow IPC stream that arrives in arbitrary pieces into whole messages, so that rows can be shown before the
 * last byte is there. (Arrow columnar format 1.5, "Encapsulated message format".)
 */
export class MessageCutter {
  private pieces: Uint8Array[] = [];
  private have = 0;
  /** Fewer bytes cannot complete the next message: pieces are joined when it pays, not at each arrival. */
  private need = 8;

  /** Each returned message has a buffer of its own: bodies are read as views, which must be aligned. */
  push(bytes: Uint8Array): Uint8Array[] {
    this.pieces.push(bytes);
    this.have += bytes.length;
    if (this.have < this.need) return [];
    const all = joined(this.pieces, this.have);
    const messages: Uint8Array[] = [];
    let at = 0;
    for (;;) {
      const { length, whole } = messageAt(all, at);
      this.need = Math.max(length, 8);
      if (!whole) break;
      messages.push(all.slice(at, at + length));
      at += length;
    }
    const rest = all.slice(at);
    this.pieces = [rest];
    this.have = rest.length;
    return messages;
  }
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Kinds of message, by Arrow's `MessageHeader` union. */
export const SCHEMA = 1;
export const DICTIONARY = 2;
export const RECORDS = 3;

/** What a whole message is: one of the kinds above. */
export function messageKind(message: Uint8Array): number {
  const view = viewOf(message);
  const table = 8 + view.getUint32(8, true);
  const at = fieldOffset(view, table, 1);
  return at === 0 ? 0 : view.getUint8(table + at);
}

/** How long the message at `at` is, as far as that is known, and whether all of it is there. */
function messageAt(bytes: Uint8Array, at: number): { length: number; whole: boolean } {
  if (at + 8 > bytes.length) return { length: 8, whole: false };
  const view = viewOf(bytes);
  if (view.getUint32(at, true) !== 0xffffffff) throw new Error('the answer is not an Arrow stream');
  const head = view.getInt32(at + 4, true);
  // The end marker: nothing follows that concerns us.
  if (head === 0) return { length: Number.POSITIVE_INFINITY, whole: false };
  if (at + 8 + head > bytes.length) return { length: 8 + head, whole: false };
  const table = at + 8 + view.getUint32(at + 8, true);
  const body = fieldOffset(view, table, 3);
  const length = 8 + head + (body === 0 ? 0 : Number(view.getBigInt64(table + body, true)));
  return { length, whole: at + length <= bytes.length };
}

/** Where a flatbuffers table keeps its field number `field`, from the table's start; 0 if absent. */
function fieldOffset(view: DataView, table: number, field: number): number {
  const vtable = table - view.getInt32(table, true);
  const slot = 4 + 2 * field;
  return slot < view.getUint16(vtable, true) ? view.getUint16(vtable + slot, true) : 0;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
