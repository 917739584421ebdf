const SLOTS = 12;
const STEP = 5;

/** FNV-1a, 32 bits, over the UTF-8 bytes. */
function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/**
 * The colour slot of each service of one trace or page, so that two viewers see the same colours: sorted by bytes, each
 * takes the slot of its hash or, if that is taken, the fifth after it until one is free. 1–12 are slots; 13–24 are the same
 * colours with a second mark, for the services after the first twelve. Slots in `taken` are kept: services that arrive later
 * never re-colour earlier ones.
 */
export function serviceSlots(names: Iterable<string>, taken: ReadonlyMap<string, number> = new Map()): Map<string, number> {
  const encoder = new TextEncoder();
  const slots = new Map(taken);
  const fresh = [...new Set(names)]
    .filter((name) => name !== '' && !slots.has(name))
    .map((name) => ({ name, bytes: encoder.encode(name) }))
    .sort((a, b) => compareBytes(a.bytes, b.bytes));
  const used = new Set([...slots.values()]);
  for (const { name, bytes } of fresh) {
    const round = Math.floor(used.size / SLOTS) % 2;
    if (used.size >= 2 * SLOTS) used.clear();
    let slot = fnv1a(bytes) % SLOTS;
    while (used.has(slot + 1 + round * SLOTS)) slot = (slot + STEP) % SLOTS;
    const marked = slot + 1 + round * SLOTS;
    used.add(marked);
    slots.set(name, marked);
  }
  return slots;
}

/** The colour of a slot, 1–12, whether marked or not. */
export function slotColour(slot: number): number {
  return slot > SLOTS ? slot - SLOTS : slot;
}

/** Whether the slot carries the second mark. */
export function slotMarked(slot: number): boolean {
  return slot > SLOTS;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
